package org.mandate.signer.remote;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.mandate.chain.BoundedBody;
import org.mandate.signer.KeyException;
import org.mandate.signer.KeyUnavailableException;

/**
 * HTTP with a keeper of keys: the whole exchange has a time limit, the answer a size limit, and no
 * redirect is followed. No body of an answer stands in an error made here: it may be secret.
 */
final class RemoteHttp implements AutoCloseable {
  private static final int ANSWER_LIMIT = 1 << 20;
  private static final Set<String> LOCAL = Set.of("localhost", "127.0.0.1", "[::1]");

  /** A status and a body. */
  record Answer(int status, byte[] body) {}

  private final String who;
  private final HttpClient client;
  private final Duration timeout;

  /**
   * @param who for errors: what it is and where, without secrets
   * @param timeout of one exchange, from connecting to the body's last byte
   * @param trust PEM certificates that its certificate must lead to; absent: those of the JDK
   */
  RemoteHttp(String who, Duration timeout, Optional<Path> trust) {
    this.who = who;
    this.timeout = timeout;
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(timeout);
    trust.map(RemoteHttp::trusting).ifPresent(builder::sslContext);
    this.client = builder.build();
  }

  /** Scheme, host and port: what else stands in an address may be secret. */
  static String shown(URI uri) {
    return uri.getScheme() + "://" + uri.getHost() + (uri.getPort() < 0 ? "" : ":" + uri.getPort());
  }

  /**
   * An address below which paths resolve.
   *
   * @throws IllegalArgumentException when it is none
   */
  static URI base(String setting, URI url) {
    boolean http = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
    if (!http
        || url.getHost() == null
        || url.getRawQuery() != null
        || url.getRawFragment() != null
        || url.getRawUserInfo() != null) {
      throw new IllegalArgumentException(
          setting
              + " must be an http or https address with a host, without user, query and fragment");
    }
    String text = url.toString();
    return text.endsWith("/") ? url : URI.create(text + "/");
  }

  /**
   * Secrets go to another machine over TLS only.
   *
   * @throws IllegalArgumentException when they would go in the clear
   */
  static void requirePrivate(String setting, URI url, String secret) {
    if (!"https".equals(url.getScheme()) && !LOCAL.contains(String.valueOf(url.getHost()))) {
      throw new IllegalArgumentException(
          setting + " must begin with https:// (or be on this machine): " + secret + " goes there");
    }
  }

  /**
   * Sets a header that may be secret: the JDK's own refusal of what cannot stand there shows it.
   *
   * @throws KeyException when it is not printable ASCII
   */
  static void header(HttpRequest.Builder request, String name, String value) {
    if (value.isEmpty() || !value.chars().allMatch(c -> c >= ' ' && c <= '~')) {
      throw new KeyException(
          "what is configured for the header %s is empty, or has characters other than printable ASCII"
              .formatted(name));
    }
    request.header(name, value);
  }

  /**
   * @throws KeyUnavailableException when no answer comes in time
   */
  Answer send(HttpRequest request) {
    CompletableFuture<HttpResponse<byte[]>> exchange =
        client.sendAsync(request, info -> new BoundedBody(ANSWER_LIMIT));
    try {
      // HttpRequest's own time limit ends with the headers; this one covers the body too.
      HttpResponse<byte[]> response = exchange.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
      return new Answer(response.statusCode(), response.body());
    } catch (TimeoutException e) {
      throw new KeyUnavailableException(
          who + " did not answer within " + timeout.toMillis() + " ms");
    } catch (ExecutionException e) {
      throw new KeyUnavailableException(
          who + " cannot be reached (" + e.getCause().getClass().getSimpleName() + ")");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KeyUnavailableException(who + ": interrupted while waiting for it");
    } finally {
      exchange.cancel(true);
    }
  }

  private static SSLContext trusting(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      int count = 0;
      for (Certificate one : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        store.setCertificateEntry("trusted-" + count++, one);
      }
      if (count == 0) {
        throw new KeyException("trust-file " + file + " holds no certificate");
      }
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(store);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context;
    } catch (IOException | GeneralSecurityException e) {
      throw new KeyException(
          "trust-file "
              + file
              + " cannot be read as PEM certificates ("
              + e.getClass().getSimpleName()
              + ")");
    }
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
