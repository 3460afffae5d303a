package org.mandate.relayer.lead;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * The name of a blob directory, which whoever uses it first gives it: by that instances see that
 * what one of them stores the others find.
 */
public final class BlobPlace {
  private static final String FILE = "directory-id";

  private BlobPlace() {}

  /**
   * Reads the directory's name, or gives it one.
   *
   * @throws UncheckedIOException when it cannot be read and written
   */
  public static String id(Path directory) {
    try {
      Files.createDirectories(directory);
      Path file = directory.resolve(FILE);
      try (FileChannel channel =
          FileChannel.open(
              directory.resolve(FILE + ".lock"),
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE)) {
        channel.lock(); // until the channel is closed
        if (!Files.exists(file)) {
          Path draft = directory.resolve(FILE + ".tmp");
          Files.writeString(draft, UUID.randomUUID().toString());
          Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
        }
        return Files.readString(file, StandardCharsets.UTF_8).trim();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("blob directory " + directory + " cannot be used", e);
    }
  }
}
