package org.mandate.audit;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;

/**
 * Serves the blobs of a {@link BlobSource} to any IPFS client: {@code GET} and {@code HEAD
 * /ipfs/{cid}}, raw blocks only, as a trustless gateway that does not look further than its own
 * store.
 *
 * @see <a href="https://specs.ipfs.tech/http-gateways/trustless-gateway/">Trustless Gateway
 *     Specification</a>
 */
public final class TrustlessGateway implements Handler<HttpServerRequest> {
  /** Media type of a raw block, the only one served. */
  public static final String RAW_BLOCK = "application/vnd.ipld.raw";

  /** Where to mount the handler. */
  public static final String PATH = "/ipfs/";

  /** The empty identity CID, which clients ask for to see whether this is a gateway. */
  private static final String PROBE = "bafkqaaa";

  private final Vertx vertx;
  private final BlobSource blobs;

  public TrustlessGateway(Vertx vertx, BlobSource blobs) {
    this.vertx = vertx;
    this.blobs = blobs;
  }

  @Override
  public void handle(HttpServerRequest request) {
    HttpServerResponse response = request.response();
    response.putHeader("X-Content-Type-Options", "nosniff");
    if (request.method() != HttpMethod.GET && request.method() != HttpMethod.HEAD) {
      response.putHeader("Allow", "GET, HEAD");
      refuse(response, 405, "only GET and HEAD");
      return;
    }
    String path = request.path();
    String name = path.startsWith(PATH) ? path.substring(PATH.length()) : "";
    if (name.isEmpty() || name.indexOf('/') >= 0) {
      refuse(response, 400, "the path is /ipfs/{cid}: raw blocks have no paths below them");
      return;
    }
    Format format = Format.asked(request.getParam("format"), request.getHeader("Accept"));
    switch (format) {
      case UNSAID ->
          refuse(response, 400, "say what you accept: ?format=raw or Accept: " + RAW_BLOCK);
      case OTHER ->
          refuse(response, 406, "only raw blocks are served: ?format=raw or Accept: " + RAW_BLOCK);
      case RAW -> serve(request, response, name);
    }
  }

  private void serve(HttpServerRequest request, HttpServerResponse response, String name) {
    if (name.equals(PROBE)) {
      answer(request, response, name, new byte[0]);
      return;
    }
    Cid cid;
    try {
      cid = Cid.parse(name);
    } catch (IllegalArgumentException e) {
      if (isOtherCid(name)) {
        refuse(
            response,
            404,
            "no blob here has a CID of that kind, only raw CIDv1 with SHA-256 in base32");
      } else {
        refuse(response, 400, e.getMessage());
      }
      return;
    }
    String tag = "\"" + cid + ".raw\"";
    // The store blocks, this thread must not.
    onVirtualThread(() -> blobs.get(cid))
        .onSuccess(
            found -> {
              if (found.isPresent() && matches(request.getHeader("If-None-Match"), tag)) {
                blobHeaders(response, name);
                response.setStatusCode(304).end();
              } else if (found.isPresent()) {
                answer(request, response, name, found.get());
              } else if (onlyIfCached(request)) {
                refuse(response, 412, "not stored here");
              } else {
                refuse(response, 404, "no blob " + cid + " here");
              }
            })
        .onFailure(
            error -> {
              if (error instanceof AlteredBlobException) {
                refuse(
                    response,
                    500,
                    "the blob " + cid + " was altered in the store and is not served");
              } else {
                refuse(response, 502, "the blob store did not answer");
              }
            });
  }

  private void answer(
      HttpServerRequest request, HttpServerResponse response, String name, byte[] blob) {
    blobHeaders(response, name);
    response.putHeader("Content-Type", RAW_BLOCK);
    response.putHeader("Content-Length", Integer.toString(blob.length));
    if (request.method() == HttpMethod.HEAD) {
      response.end();
    } else {
      response.end(Buffer.buffer(blob));
    }
  }

  private static void blobHeaders(HttpServerResponse response, String name) {
    response.putHeader("Content-Disposition", "attachment; filename=\"" + name + ".bin\"");
    response.putHeader("Content-Location", PATH + name + "?format=raw");
    response.putHeader("Etag", "\"" + name + ".raw\"");
    response.putHeader("Cache-Control", "public, max-age=29030400, immutable");
    response.putHeader("Vary", "Accept");
    response.putHeader("X-Ipfs-Path", PATH + name);
    response.putHeader("X-Ipfs-Roots", name);
    response.putHeader("Accept-Ranges", "none");
  }

  private static void refuse(HttpServerResponse response, int status, String why) {
    response
        .setStatusCode(status)
        .putHeader("Content-Type", "text/plain; charset=utf-8")
        .putHeader("Cache-Control", "no-store")
        .end(why + "\n");
  }

  private <T> Future<T> onVirtualThread(Callable<T> work) {
    Context context = vertx.getOrCreateContext();
    Promise<T> promise = Promise.promise();
    Thread.ofVirtual()
        .name("blob-read")
        .start(
            () -> {
              try {
                T result = work.call();
                context.runOnContext(done -> promise.complete(result));
              } catch (Exception e) {
                context.runOnContext(done -> promise.fail(e));
              }
            });
    return promise.future();
  }

  private static boolean onlyIfCached(HttpServerRequest request) {
    return Optional.ofNullable(request.getHeader("Cache-Control"))
        .map(value -> value.toLowerCase(Locale.ROOT).contains("only-if-cached"))
        .orElse(false);
  }

  /**
   * Whether an {@code If-None-Match} header names the tag; weak tags match too, RFC 9110 section
   * 13.1.2.
   */
  private static boolean matches(String ifNoneMatch, String tag) {
    return ifNoneMatch != null
        && Arrays.stream(ifNoneMatch.split(",", 64))
            .map(String::strip)
            .anyMatch(one -> one.equals("*") || one.equals(tag) || one.equals("W/" + tag));
  }

  /**
   * Whether {@code name} is a CID of a kind that this store never has: CIDv0, or a CIDv1 of another
   * codec, hash or base.
   */
  private static boolean isOtherCid(String name) {
    if (name.matches("Qm[1-9A-HJ-NP-Za-km-z]{44}")) {
      return true;
    }
    return name.length() <= 128
        && name.startsWith("b")
        && Base32.decode(name.substring(1))
            .filter(cid -> cid.length >= 4 && cid[0] == 1)
            .isPresent();
  }

  private enum Format {
    RAW,
    OTHER,
    UNSAID;

    /** The {@code format} parameter counts before the {@code Accept} header. */
    static Format asked(String parameter, String accept) {
      if (parameter != null) {
        return parameter.equals("raw") ? RAW : OTHER;
      }
      if (accept == null || accept.isBlank()) {
        return UNSAID;
      }
      return Arrays.stream(accept.split(",", 64)).anyMatch(Format::admitsRaw) ? RAW : OTHER;
    }

    private static boolean admitsRaw(String range) {
      String[] parts = range.toLowerCase(Locale.ROOT).split(";", 16);
      String type = parts[0].strip();
      boolean refused =
          Arrays.stream(parts)
              .skip(1)
              .map(String::strip)
              .anyMatch(p -> p.matches("q=0(\\.0{0,3})?"));
      return !refused
          && (type.equals(RAW_BLOCK) || type.equals("application/*") || type.equals("*/*"));
    }
  }
}
