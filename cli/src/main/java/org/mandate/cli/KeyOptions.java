package org.mandate.cli;

import java.nio.file.Path;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.signer.GuardedSigner;
import org.mandate.signer.KeystoreFile;
import org.mandate.signer.Signer;
import org.mandate.signer.SigningPolicy;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Whose key signs. Keys and passphrases are never arguments, which every process of the machine can
 * read.
 */
public final class KeyOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--key",
      paramLabel = "FILE",
      description = "Key file that signs (see mandate keys).")
  private Optional<Path> file = Optional.empty();

  @Mixin private PassphraseOptions passphrase;

  /** Whose key the file says it holds, without opening it; empty when there is no file. */
  public Optional<Address> claimed() {
    return file.map(KeyFile::address);
  }

  /** Opens the key, for what a person orders with it. */
  public Signer open() {
    var path =
        file.orElseThrow(
            () ->
                new ParameterException(
                    command.commandLine(), "no key: give --key FILE (mandate keys new makes one)"));
    return new GuardedSigner(
        KeystoreFile.open(path, passphrase.of(path)), SigningPolicy.ofPerson());
  }
}
