package org.mandate.audit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * Blobs in a directory, one file per blob: {@code blocks/<last two characters of the CID>/<CID>}. A
 * blob is written to a file of its own in {@code tmp}, forced to disk and renamed, so under its
 * name it is whole or absent, whenever a process dies and however many processes share the
 * directory. Nothing is ever deleted; every blob is pinned.
 */
public final class EmbeddedBlobStore implements BlobStore {
  /** A file in {@code tmp} this old belongs to a process that died: a write takes milliseconds. */
  private static final Duration ABANDONED = Duration.ofHours(1);

  private final Path blocks;
  private final Path tmp;
  private final DirectoryBlobSource written;

  /**
   * Opens the store in {@code directory}, which is made when it does not exist.
   *
   * @throws BlobStoreUnavailableException when it can't be made or read
   */
  public EmbeddedBlobStore(Path directory, Clock clock) {
    this.blocks = directory.resolve("blocks");
    this.tmp = directory.resolve("tmp");
    this.written = new DirectoryBlobSource(directory);
    try {
      Files.createDirectories(blocks);
      Files.createDirectories(tmp);
      sweep(clock.instant().minus(ABANDONED));
    } catch (IOException e) {
      throw new BlobStoreUnavailableException(
          "blob store " + directory + " can't be opened: " + e, e);
    }
  }

  @Override
  public Cid put(byte[] blob) {
    BlobTooLargeException.check(blob);
    Cid cid = Cid.of(blob);
    Path file = file(cid);
    try {
      if (isWhole(cid)) {
        // The process that wrote it may have died between its rename and the directory's way to the
        // disk.
        force(file.getParent());
        return cid;
      }
      Files.createDirectories(file.getParent());
      Path draft = tmp.resolve(cid + "." + UUID.randomUUID());
      try {
        try (FileChannel channel =
            FileChannel.open(draft, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
          ByteBuffer buffer = ByteBuffer.wrap(blob);
          while (buffer.hasRemaining()) {
            channel.write(buffer);
          }
          channel.force(true);
        }
        Files.move(
            draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(draft);
      }
      force(file.getParent());
      force(blocks);
      return cid;
    } catch (IOException e) {
      throw new BlobStoreUnavailableException(
          "blob " + cid + " can't be written to " + file + ": " + e, e);
    }
  }

  @Override
  public Optional<byte[]> get(Cid cid) {
    return written.get(cid);
  }

  @Override
  public void pin(Cid cid) {
    if (!has(cid)) {
      throw new BlobStoreUnavailableException(
          "blob " + cid + " can't be pinned: it is not in " + blocks);
    }
  }

  /** Where the blob is kept, whether it exists or not. */
  public Path file(Cid cid) {
    return written.file(cid);
  }

  private boolean isWhole(Cid cid) {
    try {
      return has(cid);
    } catch (AlteredBlobException e) {
      return false; // writing the true bytes heals it
    }
  }

  private void sweep(Instant before) throws IOException {
    try (DirectoryStream<Path> drafts = Files.newDirectoryStream(tmp)) {
      for (Path draft : drafts) {
        try {
          if (Files.getLastModifiedTime(draft).toInstant().isBefore(before)) {
            Files.deleteIfExists(draft);
          }
        } catch (NoSuchFileException e) {
          // its process has just renamed it
        }
      }
    }
  }

  /** A rename is durable only when its directory is. */
  private static void force(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
