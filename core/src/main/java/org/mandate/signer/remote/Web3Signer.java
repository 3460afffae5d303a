package org.mandate.signer.remote;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.signer.Key;
import org.mandate.signer.KeyException;
import org.mandate.signer.KeySettings.Web3SignerSettings;
import org.mandate.signer.KeyUnavailableException;

/**
 * A Web3Signer, or what speaks its REST API for execution keys ({@code /api/v1/eth1}): it hashes
 * and signs what it is sent.
 */
public final class Web3Signer implements RemoteKey.Keeper {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final int MOST_KEYS = 10_000;

  private final URI base;
  private final Optional<String> authorization;
  private final RemoteHttp http;
  private String identifier = "";

  private Web3Signer(
      Web3SignerSettings settings, Optional<String> authorization, Duration timeout) {
    base = RemoteHttp.base("web3signer.url", settings.url());
    RemoteHttp.requirePrivate("web3signer.url", base, "what is signed");
    this.authorization = authorization;
    http = new RemoteHttp(who(), timeout, settings.trustFile());
  }

  /**
   * Asks whether it is up, and which of its keys is the address's.
   *
   * @param authorization the header's value
   * @throws KeyUnavailableException when it does not answer
   * @throws KeyException when it has no such key
   */
  public static Key open(
      Web3SignerSettings settings, Optional<String> authorization, Address address, Clock clock) {
    return open(settings, authorization, address, clock, settings.timeout());
  }

  /** With another timeout than the settings may have. */
  static Key open(
      Web3SignerSettings settings,
      Optional<String> authorization,
      Address address,
      Clock clock,
      Duration timeout) {
    Web3Signer keeper = new Web3Signer(settings, authorization, timeout);
    try {
      keeper.get("upcheck");
      keeper.identifier = keeper.identifierOf(address);
      return new RemoteKey(address, keeper, clock);
    } catch (RuntimeException e) {
      keeper.close();
      throw e;
    }
  }

  @Override
  public String who() {
    return "Web3Signer " + RemoteHttp.shown(base);
  }

  /** It lists public keys, by which it is asked for signatures. */
  private String identifierOf(Address address) {
    JsonNode keys = json(get("api/v1/eth1/publicKeys"));
    if (!keys.isArray() || keys.size() > MOST_KEYS) {
      throw new KeyException(who() + " does not list its public keys");
    }
    for (JsonNode key : keys) {
      if (Points.address(key.asText()).filter(address::equals).isPresent()) {
        return key.asText();
      }
    }
    throw new KeyException(
        "%s has %d keys, none of which is that of %s: load it there, or correct the configured address"
            .formatted(who(), keys.size(), address.checksummed()));
  }

  @Override
  public RemoteKey.Pair sign(byte[] preimage, Hash digest) {
    String body = JSON.createObjectNode().put("data", Bytes.of(preimage).hex()).toString();
    HttpRequest request =
        request("api/v1/eth1/sign/" + identifier)
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    String text = new String(ok(request), StandardCharsets.US_ASCII).strip();
    try {
      byte[] bytes = Bytes.of(text).bytes();
      if (bytes.length == 64 || bytes.length == 65) { // r, s and v, which is found anew
        return new RemoteKey.Pair(
            new BigInteger(1, bytes, 0, 32), new BigInteger(1, bytes, 32, 32));
      }
    } catch (IllegalArgumentException e) {
      // said below
    }
    throw new KeyException(who() + " answered with what is no signature");
  }

  private byte[] get(String path) {
    return ok(request(path).GET().build());
  }

  private HttpRequest.Builder request(String path) {
    HttpRequest.Builder request = HttpRequest.newBuilder(base.resolve(path));
    authorization.ifPresent(value -> RemoteHttp.header(request, "authorization", value));
    return request;
  }

  private byte[] ok(HttpRequest request) {
    RemoteHttp.Answer answer = http.send(request);
    if (answer.status() == 200) {
      return answer.body();
    }
    throw new KeyUnavailableException(
        "%s answered %s with HTTP status %d%s"
            .formatted(
                who(),
                request.uri().getPath().replaceAll("(/sign/.{10}).*", "$1…"),
                answer.status(),
                switch (answer.status()) {
                  case 401, 403 -> ": check its authorization, and who may ask it";
                  case 404 -> ": it does not have the key any more";
                  default -> "";
                }));
  }

  private JsonNode json(byte[] body) {
    try {
      return JSON.readTree(body);
    } catch (IOException e) {
      throw new KeyException(who() + " answered with what is no JSON");
    }
  }

  @Override
  public void close() {
    http.close();
  }
}
