package org.mandate.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Against a real IPFS daemon: {@code MANDATE_IPFS_API=$(scripts/ipfs-daemon start)}. */
class KuboBlobStoreTest {
  private static final Optional<String> API =
      Optional.ofNullable(
          System.getProperty("mandate.ipfs.api", System.getenv("MANDATE_IPFS_API")));

  @Test
  void shouldGiveBackWhatItTook() {
    KuboBlobStore store = daemon();
    Random random = new Random();
    for (int size : new int[] {0, 1, 1000, 300_000, BlobSource.MAX_BYTES}) {
      byte[] blob = new byte[size];
      random.nextBytes(blob);
      Cid cid = store.put(blob);
      assertEquals(Cid.of(blob), cid);
      assertEquals(cid, store.put(blob), "storing twice");
      assertArrayEquals(blob, store.get(cid).orElseThrow());
      assertTrue(store.has(cid));
      store.pin(cid);
    }
  }

  @Test
  void shouldPinWhatItTakes() throws Exception {
    Cid cid = daemon().put(("pinned " + System.nanoTime()).getBytes(UTF_8));
    HttpResponse<String> answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(
                        URI.create(API.orElseThrow() + "/api/v0/pin/ls?type=recursive&arg=" + cid))
                    .POST(HttpRequest.BodyPublishers.noBody())
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    assertEquals(200, answer.statusCode(), answer.body());
  }

  @Test
  void shouldSayMissingInTimeWhenNobodyHasIt() {
    KuboBlobStore store = daemon(Duration.ofSeconds(2));
    Cid nowhere = Cid.of(("nowhere " + System.nanoTime()).getBytes(UTF_8));
    long start = System.nanoTime();
    assertEquals(Optional.empty(), store.get(nowhere));
    assertThrows(BlobStoreUnavailableException.class, () -> store.pin(nowhere));
    assertTrue(Duration.ofNanos(System.nanoTime() - start).toSeconds() < 30, "time limits hold");
  }

  @Test
  void shouldRefuseABlobThatIsMoreThanABlock() {
    KuboBlobStore store =
        new KuboBlobStore(URI.create("http://127.0.0.1:9"), Duration.ofSeconds(1));
    assertThrows(BlobTooLargeException.class, () -> store.put(new byte[BlobSource.MAX_BYTES + 1]));
  }

  @Test
  void shouldSayUnavailableWhenNobodyListens() {
    KuboBlobStore store =
        new KuboBlobStore(URI.create("http://127.0.0.1:9"), Duration.ofSeconds(1));
    Cid cid = Cid.of(new byte[0]);
    assertThrows(BlobStoreUnavailableException.class, () -> store.get(cid));
    assertThrows(BlobStoreUnavailableException.class, () -> store.put(new byte[0]));
    assertThrows(BlobStoreUnavailableException.class, () -> store.pin(cid));
  }

  private static KuboBlobStore daemon() {
    return daemon(Duration.ofSeconds(30));
  }

  private static KuboBlobStore daemon(Duration timeout) {
    assumeTrue(
        API.isPresent(),
        "no IPFS daemon: set MANDATE_IPFS_API=$(scripts/ipfs-daemon start) to run this");
    return new KuboBlobStore(URI.create(API.orElseThrow()), timeout);
  }
}
