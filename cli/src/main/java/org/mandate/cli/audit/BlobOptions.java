package org.mandate.cli.audit;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.mandate.audit.BlobSource;
import org.mandate.audit.DirectoryBlobSource;
import org.mandate.audit.GatewayBlobSource;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;
import picocli.CommandLine.Option;

/** Where blobs are read. Whoever answers is not believed: every blob is hashed. */
final class BlobOptions {
  private static final Duration TIME_LIMIT = Duration.ofSeconds(10);

  @Option(
      names = "--blobs",
      required = true,
      paramLabel = "DIR|URL",
      description =
          "A relayer's blob directory, or an IPFS trustless gateway (each relayer is one: its API address).")
  private String blobs;

  BlobSource open() {
    if (blobs.startsWith("http://") || blobs.startsWith("https://")) {
      return new GatewayBlobSource(URI.create(blobs), TIME_LIMIT);
    }
    var directory = Path.of(blobs);
    if (!Files.isDirectory(directory)) {
      throw new Failure(
          ExitCode.CONFIGURATION,
          "%s is no directory: give a relayer's blob-directory, or the http address of a gateway"
              .formatted(directory));
    }
    return new DirectoryBlobSource(directory);
  }
}
