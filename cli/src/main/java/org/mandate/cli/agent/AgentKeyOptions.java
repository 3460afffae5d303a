package org.mandate.cli.agent;

import java.nio.file.Path;
import java.util.Optional;
import org.mandate.cli.PassphraseOptions;
import org.mandate.signer.GuardedSigner;
import org.mandate.signer.KeystoreFile;
import org.mandate.signer.Passphrase;
import org.mandate.signer.Signer;
import org.mandate.signer.SigningPolicy;
import picocli.CommandLine.Option;

/** The agent's own key, which proves itself. It sends nothing and needs no coins for this. */
final class AgentKeyOptions {
  @Option(
      names = "--agent-key",
      paramLabel = "FILE",
      description = "The agent's own key file; it signs the proof.")
  private Optional<Path> file = Optional.empty();

  @Option(
      names = "--agent-passphrase-file",
      paramLabel = "FILE",
      description = "Its passphrase, first line.")
  private Optional<Path> passphrase = Optional.empty();

  @Option(
      names = "--agent-passphrase-env",
      paramLabel = "VARIABLE",
      description = "Environment variable with it. Without either option it is asked for.")
  private Optional<String> variable = Optional.empty();

  Optional<Signer> open() {
    return file.map(
        path ->
            new GuardedSigner(
                KeystoreFile.open(
                    path,
                    passphrase
                        .<Passphrase>map(Passphrase.InFile::new)
                        .or(
                            () ->
                                variable.map(
                                    name -> new Passphrase.InEnvironment(name, System.getenv())))
                        .orElseGet(() -> PassphraseOptions.asked(path))),
                SigningPolicy.ofPerson()));
  }
}
