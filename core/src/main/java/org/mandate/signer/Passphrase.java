package org.mandate.signer;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/**
 * Where a passphrase is: in a file, in an environment variable, or typed; never on a command line,
 * which every process can read.
 */
public sealed interface Passphrase {
  /** The file's first line. */
  record InFile(Path file) implements Passphrase {}

  /**
   * @param environment the process's own
   */
  record InEnvironment(String variable, Map<String, String> environment) implements Passphrase {
    /** Never the value. */
    @Override
    public String toString() {
      return "environment variable " + variable;
    }
  }

  /** Somebody typed it just now. */
  record Typed(char[] characters) implements Passphrase {
    /** Never the value. */
    @Override
    public String toString() {
      return "typed passphrase";
    }
  }

  /**
   * As settings name it: in that file, or else in that environment variable.
   *
   * @param environment the process's own
   */
  static Passphrase in(
      Optional<Path> file, Optional<String> variable, Map<String, String> environment) {
    return file.<Passphrase>map(InFile::new)
        .orElseGet(() -> new InEnvironment(variable.orElseThrow(), environment));
  }

  /**
   * A fresh array that the caller wipes.
   *
   * @throws KeyException if there is none, or it is empty
   */
  default char[] read() {
    char[] passphrase =
        switch (this) {
          case InFile in -> firstLine(in.file());
          case InEnvironment in -> in.environment().getOrDefault(in.variable(), "").toCharArray();
          case Typed typed -> typed.characters().clone();
        };
    if (passphrase.length == 0) {
      throw new KeyException(
          switch (this) {
            case InFile in -> "passphrase: the first line of " + in.file() + " is empty";
            case InEnvironment in ->
                "passphrase: the environment variable " + in.variable() + " is not set, or empty";
            case Typed typed -> "passphrase: nothing was typed";
          });
    }
    return passphrase;
  }

  /** Whether accounts other than the file's owner may read it or change it. */
  static boolean othersMayRead(Path file) {
    try {
      return Files.getPosixFilePermissions(file).stream()
          .anyMatch(permission -> !permission.name().startsWith("OWNER_"));
    } catch (IOException | UnsupportedOperationException e) {
      return false; // no such file, which read() says, or no such permissions
    }
  }

  private static char[] firstLine(Path file) {
    final int limit = 4096;
    byte[] bytes = new byte[0];
    CharBuffer text = CharBuffer.allocate(0);
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(limit + 1);
      if (bytes.length > limit) {
        throw new KeyException("passphrase: " + file + " is larger than " + limit + " bytes");
      }
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      int end = 0;
      while (end < text.length() && text.get(end) != '\n' && text.get(end) != '\r') {
        end++;
      }
      return Arrays.copyOf(text.array(), end);
    } catch (NoSuchFileException e) {
      throw new KeyException("passphrase: there is no file " + file);
    } catch (CharacterCodingException e) {
      throw new KeyException("passphrase: " + file + " is not UTF-8 text");
    } catch (IOException e) {
      throw new KeyException(
          "passphrase: cannot read " + file + " (" + e.getClass().getSimpleName() + ")");
    } finally {
      Arrays.fill(bytes, (byte) 0);
      Arrays.fill(text.array(), '\0');
    }
  }
}
