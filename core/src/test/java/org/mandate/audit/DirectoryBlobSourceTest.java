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
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class DirectoryBlobSourceTest {
  private static final byte[] BLOB = "the truth".getBytes(UTF_8);
  private static final Cid CID = Cid.of(BLOB);

  @TempDir Path directory;

  @Test
  void shouldReadWhatAStoreWroteAndLeaveItAlone() throws IOException {
    new EmbeddedBlobStore(directory, Clock.systemUTC()).put(BLOB);
    Path draft = Files.writeString(directory.resolve("tmp").resolve("evidence"), "half");
    Files.setLastModifiedTime(draft, FileTime.from(Instant.now().minus(Duration.ofDays(1))));
    List<Path> before = everything();

    assertArrayEquals(BLOB, new DirectoryBlobSource(directory).get(CID).orElseThrow());
    assertEquals(before, everything());
  }

  @Test
  void shouldMakeNothingWhenTheDirectoryIsNoStore() throws IOException {
    assertEquals(Optional.empty(), new DirectoryBlobSource(directory).get(CID));
    assertEquals(List.of(directory), everything());
    assertFalse(new DirectoryBlobSource(directory.resolve("absent")).has(CID));
    assertEquals(List.of(directory), everything());
  }

  @Test
  @Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void shouldNotWaitForAPipeThatBearsABlobsName() throws Exception {
    DirectoryBlobSource source = new DirectoryBlobSource(directory);
    Files.createDirectories(source.file(CID).getParent());
    Process mkfifo = new ProcessBuilder("mkfifo", source.file(CID).toString()).start();
    assertTrue(mkfifo.waitFor(10, TimeUnit.SECONDS));
    assertEquals(0, mkfifo.exitValue());
    assertThrows(AlteredBlobException.class, () -> source.get(CID));
  }

  @Test
  void shouldNotFollowALinkOrReadADirectory() throws IOException {
    DirectoryBlobSource source = new DirectoryBlobSource(directory);
    Path file = source.file(CID);
    Files.createDirectories(file.getParent());
    Files.createSymbolicLink(file, Files.write(directory.resolve("elsewhere"), BLOB));
    assertThrows(AlteredBlobException.class, () -> source.get(CID));
    Files.delete(file);
    Files.createDirectory(file);
    assertThrows(AlteredBlobException.class, () -> source.get(CID));
  }

  @Test
  void shouldReadNoMoreThanABlobCanHave() throws IOException {
    DirectoryBlobSource source = new DirectoryBlobSource(directory);
    Files.createDirectories(source.file(CID).getParent());
    Files.write(source.file(CID), new byte[BlobSource.MAX_BYTES + 1]);
    assertThrows(AlteredBlobException.class, () -> source.get(CID));
  }

  private List<Path> everything() throws IOException {
    try (Stream<Path> paths = Files.walk(directory)) {
      return paths.sorted().toList();
    }
  }
}
