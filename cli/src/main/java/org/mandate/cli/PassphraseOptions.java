package org.mandate.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.mandate.signer.Passphrase;
import picocli.CommandLine.Option;

/** Where a key file's passphrase is: in a file, in the environment, or in somebody's head. */
public final class PassphraseOptions {
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

  /** The passphrase for a new file: typed twice when it is typed. */
  public Passphrase forNew(Path keyFile) {
    return given()
        .orElseGet(
            () -> {
              var once = ask("New passphrase for " + keyFile + ": ");
              var again = ask("Once more: ");
              if (!Arrays.equals(once, again)) {
                throw new Failure(ExitCode.USAGE, "the two passphrases differ: try again");
              }
              return new Passphrase.Typed(once);
            });
  }

  private Optional<Passphrase> given() {
    if (file.isPresent() && variable.isPresent()) {
      throw new Failure(ExitCode.USAGE, "give either --passphrase-file or --passphrase-env");
    }
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
