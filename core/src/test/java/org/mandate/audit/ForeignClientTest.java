package org.mandate.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.testing.NodeProgram;

/**
 * The reference implementation of CIDs (npm multiformats, on Node) reads from our gateway and
 * checks what it got.
 */
class ForeignClientTest {
  private static final Vertx VERTX = Vertx.vertx();

  private static NodeProgram client;
  @TempDir Path directory;
  private EmbeddedBlobStore store;
  private HttpServer server;

  @BeforeAll
  static void installClient() throws Exception {
    client = NodeProgram.install("ipfs-client", "multiformats", "fetch.mjs");
  }

  @AfterAll
  static void closeVertx() {
    VERTX.close();
  }

  @BeforeEach
  void serve() throws Exception {
    store = new EmbeddedBlobStore(directory, Clock.systemUTC());
    server =
        VERTX
            .createHttpServer()
            .requestHandler(new TrustlessGateway(VERTX, store))
            .listen(0, "127.0.0.1")
            .await(10, TimeUnit.SECONDS);
  }

  @AfterEach
  void stop() throws Exception {
    server.close().await(10, TimeUnit.SECONDS);
  }

  @Test
  void shouldServeWhatAForeignClientVerifies() throws Exception {
    byte[] large = new byte[BlobSource.MAX_BYTES];
    new Random(6).nextBytes(large);
    for (byte[] blob : List.of("{\"a\":1}".getBytes(UTF_8), large, new byte[0])) {
      Cid cid = store.put(blob);
      NodeProgram.Ended fetched = fetch(cid);
      assertEquals(0, fetched.status(), fetched.output());
      assertEquals(
          "{\"cid\":\""
              + cid
              + "\",\"length\":"
              + blob.length
              + ",\"type\":\"application/vnd.ipld.raw\"}",
          fetched.output().strip());
    }
  }

  @Test
  void shouldServeNothingThatAForeignClientWouldRefuse() throws Exception {
    Cid cid = store.put("{\"a\":1}".getBytes(UTF_8));
    Files.writeString(store.file(cid), "{\"a\":2}");
    NodeProgram.Ended altered = fetch(cid);
    assertEquals(1, altered.status(), altered.output());
    assertTrue(altered.output().contains("HTTP 500"), altered.output());
    NodeProgram.Ended missing = fetch(Cid.of("absent".getBytes(UTF_8)));
    assertTrue(missing.output().contains("HTTP 404"), missing.output());
  }

  private NodeProgram.Ended fetch(Cid cid) throws Exception {
    return client.run("", "http://127.0.0.1:" + server.actualPort(), cid.toString());
  }
}
