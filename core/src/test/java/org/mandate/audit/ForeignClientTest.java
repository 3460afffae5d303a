package org.mandate.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
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

/**
 * The reference implementation of CIDs (npm multiformats, on Node) reads from our gateway and
 * checks what it got.
 */
class ForeignClientTest {
  private static final List<String> FILES =
      List.of("package.json", "package-lock.json", "fetch.mjs");
  private static final Path CLIENT = Path.of("target", "ipfs-client").toAbsolutePath();
  private static final Vertx VERTX = Vertx.vertx();

  @TempDir Path directory;
  private EmbeddedBlobStore store;
  private HttpServer server;

  /** What a process printed and how it ended. */
  private record Ended(int status, String output) {}

  @BeforeAll
  static void installClient() throws Exception {
    Files.createDirectories(CLIENT);
    boolean changed = !Files.isDirectory(CLIENT.resolve("node_modules/multiformats"));
    for (String name : FILES) {
      try (InputStream in = ForeignClientTest.class.getResourceAsStream("/ipfs-client/" + name)) {
        byte[] content = in.readAllBytes();
        Path file = CLIENT.resolve(name);
        changed |=
            name.startsWith("package")
                && !(Files.exists(file)
                    && new String(content, UTF_8).equals(Files.readString(file)));
        Path draft = Files.write(CLIENT.resolve(name + ".new"), content);
        Files.move(draft, file, StandardCopyOption.REPLACE_EXISTING);
      }
    }
    if (changed) {
      Ended npm =
          run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline");
      assertEquals(0, npm.status(), npm.output());
    }
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
      Ended client = fetch(cid);
      assertEquals(0, client.status(), client.output());
      assertEquals(
          "{\"cid\":\""
              + cid
              + "\",\"length\":"
              + blob.length
              + ",\"type\":\"application/vnd.ipld.raw\"}",
          client.output().strip());
    }
  }

  @Test
  void shouldServeNothingThatAForeignClientWouldRefuse() throws Exception {
    Cid cid = store.put("{\"a\":1}".getBytes(UTF_8));
    Files.writeString(store.file(cid), "{\"a\":2}");
    Ended altered = fetch(cid);
    assertEquals(1, altered.status(), altered.output());
    assertTrue(altered.output().contains("HTTP 500"), altered.output());
    Ended missing = fetch(Cid.of("absent".getBytes(UTF_8)));
    assertTrue(missing.output().contains("HTTP 404"), missing.output());
  }

  private Ended fetch(Cid cid) throws Exception {
    return run("node", "fetch.mjs", "http://127.0.0.1:" + server.actualPort(), cid.toString());
  }

  private static Ended run(String... command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command).directory(CLIENT.toFile()).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    return new Ended(process.exitValue(), output);
  }
}
