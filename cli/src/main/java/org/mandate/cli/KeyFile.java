package org.mandate.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.mandate.chain.Address;
import org.web3j.crypto.ECKeyPair;
import org.web3j.crypto.Wallet;
import org.web3j.crypto.exception.CipherException;
import org.web3j.protocol.ObjectMapperFactory;

/**
 * Web3 Secret Storage version 3 files: written once, readable by their owner only, never
 * overwritten.
 */
public final class KeyFile {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MAX_BYTES = 64 * 1024;

  /** How hard it is to guess the passphrase: scrypt's cost. */
  public enum Strength {
    /** N = 2^18, about a second and 256 MiB a guess. */
    STANDARD,
    /** N = 2^12: for keys of the day, such as a demonstration's. */
    LIGHT
  }

  private KeyFile() {}

  /**
   * Encrypts a key into a new file of mode 0600.
   *
   * @throws Failure when the file exists already or cannot be written
   */
  public static Address write(Path file, ECKeyPair key, char[] passphrase, Strength strength) {
    try {
      var text = new String(passphrase);
      var wallet =
          switch (strength) {
            case STANDARD -> Wallet.createStandard(text, key);
            case LIGHT -> Wallet.createLight(text, key);
          };
      writeSecret(file, ObjectMapperFactory.getObjectMapper().writeValueAsString(wallet) + "\n");
      return Address.of("0x" + wallet.getAddress());
    } catch (CipherException e) {
      throw new Failure(ExitCode.UNREACHABLE, "the key cannot be encrypted: " + e.getMessage());
    }
  }

  /**
   * Writes a text into a new file that only its owner can read.
   *
   * @throws Failure when the file exists already or cannot be written
   */
  public static void writeSecret(Path file, String text) {
    try {
      if (file.toAbsolutePath().getParent() != null) {
        Files.createDirectories(file.toAbsolutePath().getParent());
      }
      var options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      try (var channel = Files.newByteChannel(file, options, ownerOnly(file))) {
        var bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
      }
    } catch (FileAlreadyExistsException e) {
      throw new Failure(
          ExitCode.CONFIGURATION,
          file + " exists already and is never overwritten: choose another name");
    } catch (IOException e) {
      throw new Failure(ExitCode.UNREACHABLE, "%s cannot be written: %s".formatted(file, e));
    }
  }

  /**
   * Whose key the file says it holds; only opening it proves that.
   *
   * @throws Failure when it is no such file
   */
  public static Address address(Path file) {
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new Failure(ExitCode.CONFIGURATION, file + " is too large for a key file (64 KiB)");
      }
      var address = JSON.readTree(file.toFile()).path("address").asText();
      return Address.of(address.startsWith("0x") ? address : "0x" + address);
    } catch (IOException | IllegalArgumentException e) {
      throw new Failure(
          ExitCode.CONFIGURATION,
          "%s is not a Web3 Secret Storage file with an address: %s"
              .formatted(file, e.getMessage()));
    }
  }

  private static FileAttribute<?>[] ownerOnly(Path file) {
    // Where there are no POSIX permissions the directory's own protection has to do.
    return file.getFileSystem().supportedFileAttributeViews().contains("posix")
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
        }
        : new FileAttribute<?>[0];
  }
}
