package org.mandate.audit;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * HTTP with a server that is not trusted: the whole exchange has a time limit and the answer a size
 * limit.
 */
final class BlobHttp {
  /**
   * An answer's status and its body, of which at most {@link BlobSource#MAX_BYTES} + 1 bytes were
   * read.
   */
  record Answer(int status, byte[] body) {}

  private final HttpClient client;
  private final Duration timeLimit;

  /**
   * @param timeLimit for one exchange, from connecting to the body's last byte
   */
  BlobHttp(Duration timeLimit) {
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(timeLimit)
            .build();
    this.timeLimit = timeLimit;
  }

  Answer send(HttpRequest request) {
    CompletableFuture<HttpResponse<byte[]>> exchange =
        client.sendAsync(request, info -> new BoundedBody());
    try {
      HttpResponse<byte[]> response = exchange.get(timeLimit.toMillis(), TimeUnit.MILLISECONDS);
      return new Answer(response.statusCode(), response.body());
    } catch (TimeoutException e) {
      exchange.cancel(true);
      throw new BlobStoreUnavailableException(
          address(request.uri()) + " did not answer within " + timeLimit.toMillis() + " ms", e);
    } catch (ExecutionException e) {
      throw new BlobStoreUnavailableException(
          address(request.uri()) + " can't be reached: " + e.getCause(), e);
    } catch (InterruptedException e) {
      exchange.cancel(true);
      Thread.currentThread().interrupt();
      throw new BlobStoreUnavailableException(
          "interrupted while waiting for " + address(request.uri()), e);
    }
  }

  /** Scheme, host and port: what else stands in an address may be secret. */
  static String address(URI uri) {
    return uri.getScheme() + "://" + uri.getHost() + (uri.getPort() < 0 ? "" : ":" + uri.getPort());
  }

  private static final class BoundedBody implements HttpResponse.BodySubscriber<byte[]> {
    private final CompletableFuture<byte[]> body = new CompletableFuture<>();
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private volatile Flow.Subscription subscription;

    @Override
    public CompletionStage<byte[]> getBody() {
      return body;
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      this.subscription = subscription;
      subscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
      for (ByteBuffer buffer : buffers) {
        byte[] part =
            new byte[Math.min(buffer.remaining(), BlobSource.MAX_BYTES + 1 - bytes.size())];
        buffer.get(part);
        bytes.writeBytes(part);
      }
      if (bytes.size() > BlobSource.MAX_BYTES) {
        subscription.cancel();
        onComplete();
      }
    }

    @Override
    public void onError(Throwable error) {
      body.completeExceptionally(error);
    }

    @Override
    public void onComplete() {
      body.complete(bytes.toByteArray());
    }
  }
}
