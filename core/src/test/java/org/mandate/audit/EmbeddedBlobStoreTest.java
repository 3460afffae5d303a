package org.mandate.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedBlobStoreTest {
  @TempDir Path directory;

  @Test
  void shouldGiveBackWhatItTook() {
    EmbeddedBlobStore store = open();
    Random random = new Random(5);
    for (int size : new int[] {0, 1, 1000, BlobSource.MAX_BYTES}) {
      byte[] blob = bytes(random, size);
      Cid cid = store.put(blob);
      assertEquals(Cid.of(blob), cid);
      assertEquals(cid, store.put(blob), "storing twice");
      assertArrayEquals(blob, open().get(cid).orElseThrow());
      assertTrue(store.has(cid));
      store.pin(cid);
    }
  }

  @Test
  void shouldSayMissingWhenItIsMissing() throws IOException {
    EmbeddedBlobStore store = open();
    Cid cid = store.put("here".getBytes(UTF_8));
    Files.delete(store.file(cid));
    assertEquals(Optional.empty(), store.get(cid));
    assertFalse(store.has(cid));
    assertThrows(BlobStoreUnavailableException.class, () -> store.pin(cid));
  }

  @Test
  void shouldSayAlteredWhenAByteChanged() throws IOException {
    EmbeddedBlobStore store = open();
    byte[] blob = "the truth".getBytes(UTF_8);
    Cid cid = store.put(blob);
    for (byte[] lie :
        List.of("the trutH".getBytes(UTF_8), new byte[0], new byte[BlobSource.MAX_BYTES + 1])) {
      Files.write(store.file(cid), lie);
      assertEquals(cid, assertThrows(AlteredBlobException.class, () -> store.get(cid)).cid());
      assertThrows(AlteredBlobException.class, () -> store.has(cid));
      assertThrows(AlteredBlobException.class, () -> store.pin(cid));
    }
    store.put(blob);
    assertArrayEquals(
        blob, store.get(cid).orElseThrow(), "storing the true bytes again heals the blob");
  }

  @Test
  void shouldRefuseABlobThatIsMoreThanABlock() {
    assertThrows(BlobTooLargeException.class, () -> open().put(new byte[BlobSource.MAX_BYTES + 1]));
  }

  @Test
  void shouldSweepOnlyTheDraftsOfTheDead() throws IOException {
    open();
    Path old = Files.writeString(directory.resolve("tmp").resolve("old"), "half");
    Path fresh = Files.writeString(directory.resolve("tmp").resolve("fresh"), "half");
    Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofHours(2))));
    open();
    assertFalse(Files.exists(old));
    assertTrue(Files.exists(fresh));
  }

  @Test
  void shouldLetManyWritersStoreTheSameBlobs() throws Exception {
    List<byte[]> blobs = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      blobs.add(bytes(new Random(i), 5_000));
    }
    try (ExecutorService writers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<List<Cid>>> all = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        EmbeddedBlobStore store = open();
        Callable<List<Cid>> work = () -> blobs.stream().map(store::put).toList();
        all.add(writers.submit(work));
      }
      for (Future<List<Cid>> one : all) {
        assertEquals(blobs.stream().map(Cid::of).toList(), one.get());
      }
    }
    for (byte[] blob : blobs) {
      assertArrayEquals(blob, open().get(Cid.of(blob)).orElseThrow());
    }
  }

  @Test
  void L9_shouldHoldOnlyWholeBlobsWhenTheWriterIsKilled() throws Exception {
    for (int round = 0; round < 3; round++) {
      Process writer =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  System.getProperty("java.class.path"),
                  Writer.class.getName(),
                  directory.toString(),
                  Integer.toString(round))
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      List<String> acknowledged = new ArrayList<>();
      try (var lines = writer.inputReader()) {
        for (int i = 0; i < 30 + 17 * round; i++) {
          acknowledged.add(lines.readLine());
        }
        writer.destroyForcibly();
        assertTrue(writer.waitFor(10, TimeUnit.SECONDS));
      }
      EmbeddedBlobStore store = open();
      for (String cid : acknowledged) {
        assertTrue(store.has(Cid.parse(cid)), "acknowledged, then lost: " + cid);
      }
    }
    EmbeddedBlobStore store = open();
    try (Stream<Path> files =
        Files.walk(directory.resolve("blocks")).filter(Files::isRegularFile)) {
      for (Path file : files.toList()) {
        assertTrue(store.has(Cid.parse(file.getFileName().toString())), "half a blob: " + file);
      }
    }
  }

  /** Stores blobs until it is killed and prints each CID when the blob is stored. */
  static final class Writer {
    public static void main(String[] args) {
      EmbeddedBlobStore store = new EmbeddedBlobStore(Path.of(args[0]), Clock.systemUTC());
      Random random = new Random(Long.parseLong(args[1]));
      while (true) {
        System.out.println(store.put(bytes(random, 1 + random.nextInt(200_000))));
      }
    }
  }

  private EmbeddedBlobStore open() {
    return new EmbeddedBlobStore(directory, Clock.systemUTC());
  }

  private static byte[] bytes(Random random, int size) {
    byte[] bytes = new byte[size];
    random.nextBytes(bytes);
    return bytes;
  }
}
