package org.mandate.cli.keys;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;
import org.mandate.cli.KeyFile;
import org.mandate.cli.Output;
import org.mandate.cli.PassphraseOptions;
import org.mandate.signer.KeySettings.VaultTransitSettings;
import org.mandate.signer.KeystoreFile;
import org.mandate.signer.Passphrase;
import org.mandate.signer.remote.VaultTransit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Has Vault seal the key of a key file, for processes that Vault lets open it. */
@Command(
    name = "seal",
    description = {
      "Has Vault's transit engine seal a key, for vault-transit in the settings of a relayer or"
          + " watchdog.",
      "Transit has no keys on secp256k1: it encrypts the key's 32 bytes, and decrypts them when the"
          + " process starts."
    })
final class Seal implements Callable<ExitCode> {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  @Mixin private Output output;
  @Mixin private PassphraseOptions passphrase;

  @Parameters(paramLabel = "FILE", description = "File to write; it must not exist.")
  private Path file;

  @Option(
      names = "--key",
      required = true,
      paramLabel = "FILE",
      description = "Key file whose key is sealed (mandate keys new makes one).")
  private Path key;

  @Option(
      names = "--vault",
      required = true,
      paramLabel = "URL",
      description = "Where Vault is; https, unless it is on this machine.")
  private URI vault;

  @Option(
      names = "--vault-key",
      required = true,
      paramLabel = "NAME",
      description = "The transit key that seals.")
  private String name;

  @Option(
      names = "--vault-mount",
      defaultValue = "transit",
      paramLabel = "PATH",
      description = "Where the transit engine is mounted; without it: transit.")
  private String mount;

  @Option(names = "--vault-namespace", paramLabel = "NAME", description = "Vault's namespace.")
  private Optional<String> namespace = Optional.empty();

  @Option(
      names = "--vault-token-file",
      paramLabel = "FILE",
      description =
          "Its first line is the token; without it VAULT_TOKEN of the environment has it.")
  private Optional<Path> tokenFile = Optional.empty();

  @Option(
      names = "--vault-trust-file",
      paramLabel = "FILE",
      description = "PEM certificates, when Vault's is not signed by a public authority.")
  private Optional<Path> trust = Optional.empty();

  @Override
  public ExitCode call() {
    KeysCommand.prepare(file);
    var settings =
        new VaultTransitSettings(
            vault,
            name,
            file,
            mount,
            namespace,
            tokenFile,
            tokenFile.isPresent() ? Optional.empty() : Optional.of("VAULT_TOKEN"),
            trust,
            TIMEOUT);
    var opened = KeystoreFile.open(key, passphrase.of(key));
    char[] token = Passphrase.in(tokenFile, Optional.of("VAULT_TOKEN"), System.getenv()).read();
    try (var sealing = new VaultTransit(settings)) {
      KeyFile.writeSecret(file, sealing.seal(new String(token).strip(), opened) + "\n");
    } catch (IllegalArgumentException e) {
      throw new Failure(ExitCode.USAGE, e.getMessage());
    } finally {
      Arrays.fill(token, '\0');
    }
    return KeysCommand.written(output, file, opened.address());
  }
}
