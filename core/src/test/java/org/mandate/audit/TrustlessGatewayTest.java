package org.mandate.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrustlessGatewayTest {
  private static final byte[] BLOB = "{\"a\":1}".getBytes(UTF_8);
  private static final Cid CID = Cid.of(BLOB);
  private static final Cid ABSENT = Cid.of("absent".getBytes(UTF_8));

  @TempDir Path directory;
  private final Vertx vertx = Vertx.vertx();
  private final HttpClient client = HttpClient.newHttpClient();
  private EmbeddedBlobStore store;
  private URI base;

  @BeforeEach
  void serve() throws Exception {
    store = new EmbeddedBlobStore(directory, Clock.systemUTC());
    store.put(BLOB);
    HttpServer server =
        vertx
            .createHttpServer()
            .requestHandler(new TrustlessGateway(vertx, store))
            .listen(0, "127.0.0.1")
            .await(10, TimeUnit.SECONDS);
    base = URI.create("http://127.0.0.1:" + server.actualPort());
  }

  @AfterEach
  void stop() {
    vertx.close();
    client.close();
  }

  @Test
  void shouldServeARawBlockWithTheHeadersOfTheSpecification() throws Exception {
    for (HttpResponse<byte[]> response :
        List.of(
            get("/ipfs/" + CID + "?format=raw"),
            get("/ipfs/" + CID, "Accept", "application/vnd.ipld.raw"),
            get("/ipfs/" + CID + "?format=raw", "Accept", "text/html"),
            get("/ipfs/" + CID, "Accept", "text/html;q=0.5, application/vnd.ipld.raw;q=0.9"),
            get("/ipfs/" + CID, "Accept", "*/*"))) {
      assertEquals(200, response.statusCode());
      assertArrayEquals(BLOB, response.body());
      assertHeader(response, "Content-Type", "application/vnd.ipld.raw");
      assertHeader(response, "Content-Length", Integer.toString(BLOB.length));
      assertHeader(response, "Content-Disposition", "attachment; filename=\"" + CID + ".bin\"");
      assertHeader(response, "Content-Location", "/ipfs/" + CID + "?format=raw");
      assertHeader(response, "Etag", "\"" + CID + ".raw\"");
      assertHeader(response, "Cache-Control", "public, max-age=29030400, immutable");
      assertHeader(response, "X-Content-Type-Options", "nosniff");
      assertHeader(response, "X-Ipfs-Path", "/ipfs/" + CID);
      assertHeader(response, "X-Ipfs-Roots", CID.toString());
    }
  }

  @Test
  void shouldAnswerHeadLikeGetWithoutTheBody() throws Exception {
    HttpResponse<byte[]> response =
        client.send(
            HttpRequest.newBuilder(base.resolve("/ipfs/" + CID + "?format=raw")).HEAD().build(),
            HttpResponse.BodyHandlers.ofByteArray());
    assertEquals(200, response.statusCode());
    assertEquals(0, response.body().length);
    assertHeader(response, "Content-Length", Integer.toString(BLOB.length));
    assertEquals(404, head("/ipfs/" + ABSENT + "?format=raw"));
  }

  @Test
  void shouldAnswerTheProbe() throws Exception {
    HttpResponse<byte[]> response = get("/ipfs/bafkqaaa?format=raw");
    assertEquals(200, response.statusCode());
    assertEquals(0, response.body().length);
    assertEquals(200, head("/ipfs/bafkqaaa?format=raw"));
  }

  @Test
  void shouldSayNotModifiedToWhoHasIt() throws Exception {
    String tag = "\"" + CID + ".raw\"";
    for (String known : List.of(tag, "W/" + tag, "\"x\", " + tag, "*")) {
      HttpResponse<byte[]> response = get("/ipfs/" + CID + "?format=raw", "If-None-Match", known);
      assertEquals(304, response.statusCode(), known);
      assertHeader(response, "Etag", tag);
    }
    assertEquals(200, get("/ipfs/" + CID + "?format=raw", "If-None-Match", "\"x\"").statusCode());
  }

  @Test
  void shouldRefuseInTheRightWords() throws Exception {
    assertEquals(404, get("/ipfs/" + ABSENT + "?format=raw").statusCode());
    assertEquals(
        412,
        get("/ipfs/" + ABSENT + "?format=raw", "Cache-Control", "only-if-cached").statusCode());
    assertEquals(
        404, get("/ipfs/QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH?format=raw").statusCode());
    assertEquals(
        404,
        get("/ipfs/bafybeihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku?format=raw")
            .statusCode());
    for (String format : List.of("car", "tar", "dag-json", "ipns-record", "x", "")) {
      assertEquals(406, get("/ipfs/" + CID + "?format=" + format).statusCode(), format);
    }
    for (String accept :
        List.of("application/vnd.ipld.car", "text/html", "application/vnd.ipld.raw;q=0")) {
      assertEquals(406, get("/ipfs/" + CID, "Accept", accept).statusCode(), accept);
    }
    assertEquals(400, get("/ipfs/" + CID).statusCode(), "no format at all");
    for (String bad :
        List.of("x", "b", CID + "a", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", CID + "/", CID + "/a", "")) {
      assertEquals(400, get("/ipfs/" + bad + "?format=raw").statusCode(), bad);
    }
    HttpResponse<byte[]> post =
        client.send(
            HttpRequest.newBuilder(base.resolve("/ipfs/" + CID))
                .POST(HttpRequest.BodyPublishers.noBody())
                .build(),
            HttpResponse.BodyHandlers.ofByteArray());
    assertEquals(405, post.statusCode());
    assertHeader(post, "Allow", "GET, HEAD");
  }

  @Test
  void shouldNeverServeAnAlteredBlob() throws Exception {
    Files.writeString(store.file(CID), "{\"a\":2}");
    HttpResponse<byte[]> response = get("/ipfs/" + CID + "?format=raw");
    assertEquals(500, response.statusCode());
    assertTrue(new String(response.body(), UTF_8).contains("altered"));
  }

  @Test
  void shouldBeReadableByTheGatewayAdapter() {
    GatewayBlobSource source = new GatewayBlobSource(base, Duration.ofSeconds(5));
    assertArrayEquals(BLOB, source.get(CID).orElseThrow());
    assertTrue(source.has(CID));
    assertEquals(Optional.empty(), source.get(ABSENT));
    assertFalse(source.has(ABSENT));
  }

  @Test
  void shouldCatchALyingGateway() throws Exception {
    assertThrows(AlteredBlobException.class, () -> answering(200, BLOB).get(ABSENT));
    assertThrows(
        AlteredBlobException.class,
        () -> answering(200, new byte[BlobSource.MAX_BYTES + 9]).get(CID));
    assertThrows(BlobStoreUnavailableException.class, () -> answering(500, BLOB).get(CID));
    assertThrows(BlobStoreUnavailableException.class, () -> answering(302, BLOB).get(CID));
  }

  @Test
  void shouldGiveUpOnASlowGateway() throws Exception {
    HttpServer silent =
        vertx
            .createHttpServer()
            // sends the headers and one byte, then nothing more
            .requestHandler(r -> r.response().setChunked(true).write("{"))
            .listen(0, "127.0.0.1")
            .await(10, TimeUnit.SECONDS);
    GatewayBlobSource source =
        new GatewayBlobSource(
            URI.create("http://127.0.0.1:" + silent.actualPort()), Duration.ofMillis(300));
    assertThrows(BlobStoreUnavailableException.class, () -> source.get(CID));
    silent.close().await(10, TimeUnit.SECONDS);
    assertThrows(
        BlobStoreUnavailableException.class, () -> source.get(CID), "nobody listens any more");
  }

  private GatewayBlobSource answering(int status, byte[] body) throws Exception {
    HttpServer liar =
        vertx
            .createHttpServer()
            .requestHandler(
                r ->
                    r.response()
                        .setStatusCode(status)
                        .putHeader("Location", base + "/ipfs/" + CID + "?format=raw")
                        .end(io.vertx.core.buffer.Buffer.buffer(body)))
            .listen(0, "127.0.0.1")
            .await(10, TimeUnit.SECONDS);
    return new GatewayBlobSource(
        URI.create("http://127.0.0.1:" + liar.actualPort()), Duration.ofSeconds(5));
  }

  private HttpResponse<byte[]> get(String path, String... headers) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(base.resolve(path)).GET();
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  private int head(String path) throws Exception {
    return client
        .send(
            HttpRequest.newBuilder(base.resolve(path)).HEAD().build(),
            HttpResponse.BodyHandlers.discarding())
        .statusCode();
  }

  private static void assertHeader(HttpResponse<?> response, String name, String value) {
    assertEquals(Optional.of(value), response.headers().firstValue(name), name);
  }
}
