package org.mandate.audit;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/**
 * Blobs in an IPFS node, over the RPC API of Kubo. Uses only what js-ipfs understands too: {@code
 * add} with raw leaves and one chunk, which gives one raw block, and {@code block/get}.
 *
 * <p>A node that does not have a blob asks the network for it until the time limit; nobody can tell
 * absence from slowness there, so a blob that is not found in time counts as missing.
 *
 * @see <a href="https://docs.ipfs.tech/reference/kubo/rpc/">Kubo RPC API</a>
 */
public final class KuboBlobStore implements BlobStore {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /**
   * What the nodes say when they looked for a block and did not find it; all of them answer 500 to
   * that.
   */
  private static final List<String> NOT_FOUND =
      List.of("could not find", "not found", "deadline exceeded", "timed out", "timeout");

  private final URI api;
  private final Duration timeLimit;
  private final BlobHttp http;

  /**
   * @param api the RPC API's address, for example {@code http://127.0.0.1:5001}
   * @param timeLimit for one operation in the node; the exchange as a whole gets two seconds more,
   *     so that the node's own answer is heard
   */
  public KuboBlobStore(URI api, Duration timeLimit) {
    this.api = HttpAddress.base(api);
    this.timeLimit = timeLimit;
    this.http = new BlobHttp(timeLimit.plusSeconds(2));
  }

  @Override
  public Cid put(byte[] blob) {
    BlobTooLargeException.check(blob);
    Cid cid = Cid.of(blob);
    String boundary = "mandate-" + UUID.randomUUID();
    HttpRequest request =
        HttpRequest.newBuilder(
                command(
                    "add",
                    "cid-version=1&raw-leaves=true&hash=sha2-256&chunker=size-"
                        + MAX_BYTES
                        + "&pin=true"
                        + "&cid-base=base32&progress=false"))
            .header("Content-Type", "multipart/form-data; boundary=" + boundary)
            .POST(
                BodyPublishers.concat(
                    BodyPublishers.ofString(
                        "--"
                            + boundary
                            + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\""
                            + cid
                            + "\"\r\nContent-Type: application/octet-stream\r\n\r\n"),
                    BodyPublishers.ofByteArray(blob),
                    BodyPublishers.ofString("\r\n--" + boundary + "--\r\n")))
            .build();
    BlobHttp.Answer answer = http.send(request);
    if (answer.status() != 200) {
      throw refused("add", cid, answer);
    }
    String stored = field(answer.body(), "Hash");
    if (!stored.equals(cid.toString())) {
      throw new BlobStoreUnavailableException(
          "the IPFS node at "
              + BlobHttp.address(api)
              + " stored the blob "
              + cid
              + " as "
              + shorten(stored));
    }
    return cid;
  }

  @Override
  public Optional<byte[]> get(Cid cid) {
    BlobHttp.Answer answer = http.send(post(command("block/get", "arg=" + cid)));
    if (answer.status() == 200) {
      if (answer.body().length > MAX_BYTES) {
        throw AlteredBlobException.tooLarge(cid);
      }
      return Optional.of(AlteredBlobException.check(cid, answer.body()));
    }
    if (saysNotFound(answer)) {
      return Optional.empty();
    }
    throw refused("block/get", cid, answer);
  }

  @Override
  public void pin(Cid cid) {
    BlobHttp.Answer answer = http.send(post(command("pin/add", "arg=" + cid)));
    if (answer.status() != 200) {
      throw refused("pin/add", cid, answer);
    }
  }

  private URI command(String name, String arguments) {
    return api.resolve(
        "api/v0/" + name + "?" + arguments + "&timeout=" + timeLimit.toMillis() + "ms");
  }

  private static HttpRequest post(URI address) {
    return HttpRequest.newBuilder(address).POST(BodyPublishers.noBody()).build();
  }

  private static boolean saysNotFound(BlobHttp.Answer answer) {
    String message = message(answer).toLowerCase(Locale.ROOT);
    return answer.status() >= 500 && NOT_FOUND.stream().anyMatch(message::contains);
  }

  private BlobStoreUnavailableException refused(String command, Cid cid, BlobHttp.Answer answer) {
    return new BlobStoreUnavailableException(
        "the IPFS node at "
            + BlobHttp.address(api)
            + " refused "
            + command
            + " of "
            + cid
            + ": HTTP "
            + answer.status()
            + " "
            + shorten(message(answer)));
  }

  private static String message(BlobHttp.Answer answer) {
    String said = field(answer.body(), "Message");
    return said.isEmpty() ? new String(answer.body(), StandardCharsets.UTF_8) : said;
  }

  /** A text field of a JSON answer; empty when there is none. */
  private static String field(byte[] json, String name) {
    try {
      JsonNode node = MAPPER.readTree(json);
      return node == null ? "" : node.path(name).asText("");
    } catch (JacksonException e) {
      return "";
    } catch (IOException e) {
      throw new IllegalStateException("reading from memory can't fail", e);
    }
  }

  private static String shorten(String text) {
    return text.length() > 200 ? text.substring(0, 200) + "…" : text;
  }
}
