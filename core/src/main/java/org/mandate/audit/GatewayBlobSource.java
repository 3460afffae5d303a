package org.mandate.audit;

import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.Optional;

/**
 * Reads blobs from any IPFS trustless gateway.
 *
 * @see <a href="https://specs.ipfs.tech/http-gateways/trustless-gateway/">Trustless Gateway
 *     Specification</a>
 */
public final class GatewayBlobSource implements BlobSource {
  private final URI gateway;
  private final BlobHttp http;

  /**
   * @param gateway base address, for example {@code http://127.0.0.1:8080}
   * @param timeLimit for one read
   */
  public GatewayBlobSource(URI gateway, Duration timeLimit) {
    this.gateway = HttpAddress.base(gateway);
    this.http = new BlobHttp(timeLimit);
  }

  @Override
  public Optional<byte[]> get(Cid cid) {
    URI address = gateway.resolve("ipfs/" + cid + "?format=raw");
    BlobHttp.Answer answer =
        http.send(
            HttpRequest.newBuilder(address)
                .header("Accept", TrustlessGateway.RAW_BLOCK)
                .GET()
                .build());
    return switch (answer.status()) {
      case 200 -> {
        if (answer.body().length > MAX_BYTES) {
          throw AlteredBlobException.tooLarge(cid);
        }
        yield Optional.of(AlteredBlobException.check(cid, answer.body()));
      }
      // 410 Gone: the gateway knows of the blob and will not serve it.
      case 404, 410 -> Optional.empty();
      default ->
          throw new BlobStoreUnavailableException(
              BlobHttp.address(address)
                  + " answered HTTP "
                  + answer.status()
                  + ", expected 200 or 404");
    };
  }
}
