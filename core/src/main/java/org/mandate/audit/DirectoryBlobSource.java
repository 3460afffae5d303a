package org.mandate.audit;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;

/**
 * Reads the blobs of an {@link EmbeddedBlobStore}'s directory and changes nothing there: an auditor
 * looks at other people's evidence. Only regular files count: opening a pipe that bears a blob's
 * name would wait for its writer forever.
 */
public final class DirectoryBlobSource implements BlobSource {
  private final Path blocks;

  /** Of {@code directory}, which need not exist: then no blob is there. */
  public DirectoryBlobSource(Path directory) {
    this.blocks = directory.resolve("blocks");
  }

  @Override
  public Optional<byte[]> get(Cid cid) {
    Path file = file(cid);
    try {
      BasicFileAttributes found =
          Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      if (!found.isRegularFile()) {
        throw AlteredBlobException.noFile(cid);
      }
      try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
        byte[] bytes = in.readNBytes(MAX_BYTES + 1);
        if (bytes.length > MAX_BYTES) {
          throw AlteredBlobException.tooLarge(cid);
        }
        return Optional.of(AlteredBlobException.check(cid, bytes));
      }
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new BlobStoreUnavailableException(
          "blob " + cid + " can't be read from " + file + ": " + e, e);
    }
  }

  /** Where the blob is kept, whether it exists or not. */
  public Path file(Cid cid) {
    String name = cid.toString();
    return blocks.resolve(name.substring(name.length() - 2)).resolve(name);
  }
}
