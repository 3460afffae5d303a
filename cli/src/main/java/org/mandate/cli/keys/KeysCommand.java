package org.mandate.cli.keys;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.Callable;
import org.mandate.chain.Address;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;
import org.mandate.cli.Group;
import org.mandate.cli.KeyFile;
import org.mandate.cli.Output;
import org.mandate.cli.PassphraseOptions;
import org.mandate.signer.KeystoreFile;
import org.mandate.signer.KeystoreFile.Cost;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes, takes in and shows key files. A key never leaves its file here. */
@Command(
    name = "keys",
    description = {
      "Make and show key files: Web3 Secret Storage version 3, mode 0600, never overwritten.",
      "Keys and passphrases are never arguments: a file, the environment, standard input or a"
          + " prompt has them."
    },
    subcommands = {
      KeysCommand.New.class,
      KeysCommand.Import.class,
      KeysCommand.Show.class,
      Seal.class
    })
public final class KeysCommand extends Group {

  @Command(name = "new", description = "Makes a key and writes its file.")
  static final class New implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private PassphraseOptions passphrase;

    @Parameters(paramLabel = "FILE", description = "File to write; it must not exist.")
    private Path file;

    @Option(
        names = "--light",
        description = "Cheap encryption, for keys that guard nothing of value.")
    private boolean light;

    @Override
    public ExitCode call() {
      prepare(file);
      var key =
          KeystoreFile.create(file, passphrase.forNew(file), light ? Cost.LIGHT : Cost.STANDARD);
      return written(output, file, key.address());
    }
  }

  @Command(
      name = "import",
      description =
          "Writes the file of a key that you have in hex: asked for, or on standard input.")
  static final class Import implements Callable<ExitCode> {
    private static final int HEX = 64;

    @Mixin private Output output;
    @Mixin private PassphraseOptions passphrase;

    @Parameters(paramLabel = "FILE", description = "File to write; it must not exist.")
    private Path file;

    @Option(
        names = "--stdin",
        description = "Read the key from standard input instead of asking for it.")
    private boolean stdin;

    @Option(
        names = "--light",
        description = "Cheap encryption, for keys that guard nothing of value.")
    private boolean light;

    @Override
    public ExitCode call() {
      prepare(file);
      var hex = stdin ? firstLine(System.in) : asked();
      try {
        var key =
            KeystoreFile.write(
                file, number(hex), passphrase.forNew(file), light ? Cost.LIGHT : Cost.STANDARD);
        return written(output, file, key.address());
      } finally {
        Arrays.fill(hex, '\0');
      }
    }

    private static char[] asked() {
      return PassphraseOptions.typed("Private key (hex): ")
          .orElseThrow(
              () -> new Failure(ExitCode.CONFIGURATION, "no terminal to ask on: give --stdin"));
    }

    private static char[] firstLine(InputStream in) {
      try {
        var bytes = in.readNBytes(4 * HEX);
        var line =
            new String(bytes, StandardCharsets.US_ASCII).strip().lines().findFirst().orElse("");
        Arrays.fill(bytes, (byte) 0);
        return line.toCharArray();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** Never shows what was given. */
    private static BigInteger number(char[] hex) {
      var from = hex.length == HEX + 2 && hex[0] == '0' && (hex[1] == 'x' || hex[1] == 'X') ? 2 : 0;
      var value = BigInteger.ZERO;
      for (int i = from; i < hex.length; i++) {
        var digit = hex[i] < 128 ? Character.digit(hex[i], 16) : -1;
        if (digit < 0) {
          throw new Failure(
              ExitCode.CONFIGURATION, "the key is not hex: 64 hex digits are, with or without 0x");
        }
        value = value.shiftLeft(4).or(BigInteger.valueOf(digit));
      }
      if (hex.length - from != HEX) {
        throw new Failure(
            ExitCode.CONFIGURATION,
            "the key has %d hex digits; 64 are needed".formatted(hex.length - from));
      }
      return value;
    }
  }

  @Command(name = "address", description = "Shows whose key a file holds.")
  static final class Show implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private PassphraseOptions passphrase;

    @Parameters(paramLabel = "FILE", description = "Key file.")
    private Path file;

    @Option(
        names = "--prove",
        description = "Open the file too: anyone can write any address into it.")
    private boolean prove;

    @Override
    public ExitCode call() {
      var claimed = KeyFile.address(file);
      if (prove) {
        KeystoreFile.open(file, passphrase.of(file), claimed);
      }
      output.line("%s%s", claimed.checksummed(), prove ? " (opened)" : "");
      output.json(
          Output.object()
              .put("file", file.toString())
              .put("address", claimed.checksummed())
              .put("opened", prove));
      return ExitCode.OK;
    }
  }

  /** Nothing is asked for what cannot be written. */
  static void prepare(Path file) {
    if (Files.exists(file)) {
      throw new Failure(
          ExitCode.CONFIGURATION,
          file + " exists already and is never overwritten: choose another name");
    }
    try {
      var folder = file.toAbsolutePath().getParent();
      if (folder != null) {
        Files.createDirectories(folder);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the folder of " + file + " cannot be made", e);
    }
  }

  static ExitCode written(Output output, Path file, Address address) {
    output.line("%s", address.checksummed());
    output.progress(
        "written to %s; without file and passphrase the key is lost, so keep copies of both", file);
    output.json(Output.object().put("file", file.toString()).put("address", address.checksummed()));
    return ExitCode.OK;
  }
}
