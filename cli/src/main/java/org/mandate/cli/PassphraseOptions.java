package org.mandate.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.mandate.signer.Passphrase;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Where a key file's passphrase is: in a file, in the environment, or in somebody's head. */
public final class PassphraseOptions {
  /** Fewer characters are tried out soon. */
  private static final int SHORT = 8;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--passphrase-file",
      paramLabel = "FILE",
      description = "Its first line is the passphrase.")
  private Optional<Path> file = Optional.empty();

  @Option(
      names = "--passphrase-env",
      paramLabel = "VARIABLE",
      description =
          "Environment variable with the passphrase. Without either option it is asked for.")
  private Optional<String> variable = Optional.empty();

  /** The passphrase of a key file that exists. */
  public Passphrase of(Path keyFile) {
    return given().orElseGet(() -> asked(keyFile));
  }

  /** The passphrase that somebody types for a key file. */
  public static Passphrase asked(Path keyFile) {
    return new Passphrase.Typed(ask("Passphrase of " + keyFile + ": "));
  }

  /**
   * The passphrase for a new file: typed twice when it is typed.
   *
   * @throws org.mandate.signer.KeyException when it is empty
   */
  public Passphrase forNew(Path keyFile) {
    var passphrase = given().orElseGet(() -> typedTwice(keyFile));
    var characters = passphrase.read();
    if (characters.length < SHORT) {
      warn(
          "the passphrase is shorter than %d characters: whoever gets the file tries them all"
              .formatted(SHORT));
    }
    Arrays.fill(characters, '\0');
    return passphrase;
  }

  private static Passphrase typedTwice(Path keyFile) {
    var once = ask("New passphrase for " + keyFile + ": ");
    var again = ask("Once more: ");
    if (!Arrays.equals(once, again)) {
      throw new Failure(ExitCode.USAGE, "the two passphrases differ: try again");
    }
    return new Passphrase.Typed(once);
  }

  private void warn(String words) {
    var err = command.commandLine().getErr();
    err.println("warning: " + words);
    err.flush();
  }

  private Optional<Passphrase> given() {
    if (file.isPresent() && variable.isPresent()) {
      throw new Failure(ExitCode.USAGE, "give either --passphrase-file or --passphrase-env");
    }
    file.filter(Passphrase::othersMayRead)
        .ifPresent(f -> warn("others can read the passphrase file %s: chmod 600 it".formatted(f)));
    return file.<Passphrase>map(Passphrase.InFile::new)
        .or(() -> variable.map(name -> new Passphrase.InEnvironment(name, System.getenv())));
  }

  private static char[] ask(String prompt) {
    return typed(prompt)
        .orElseThrow(
            () ->
                new Failure(
                    ExitCode.CONFIGURATION,
                    "no terminal to ask on: give --passphrase-file or --passphrase-env"));
  }

  /** What is typed without echo; empty without a terminal. */
  public static Optional<char[]> typed(String prompt) {
    var console = System.console();
    return console == null
        ? Optional.empty()
        : Optional.ofNullable(console.readPassword("%s", prompt));
  }
}
