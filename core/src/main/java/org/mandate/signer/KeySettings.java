package org.mandate.signer;

import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.mandate.chain.Address;
import org.mandate.config.Default;
import org.mandate.signer.remote.AwsKms;
import org.mandate.signer.remote.VaultTransit;
import org.mandate.signer.remote.Web3Signer;

/**
 * Which key a process signs with, and where it is: exactly one of a key file, a Web3Signer, AWS KMS
 * and a file that Vault sealed. Whose it is stands here, whatever those say.
 *
 * @param address whose key it must be
 * @param file Web3 Secret Storage version 3; its passphrase stands in a file or in an environment
 *     variable
 */
public record KeySettings(
    Address address,
    Optional<Path> file,
    Optional<Path> passphraseFile,
    Optional<String> passphraseVariable,
    Optional<Web3SignerSettings> web3signer,
    Optional<AwsKmsSettings> awsKms,
    Optional<VaultTransitSettings> vaultTransit) {
  private static final Duration LEAST_TIMEOUT = Duration.ofMillis(50);
  private static final Duration MOST_TIMEOUT = Duration.ofSeconds(3);
  private static final Duration MOST_OPENING = Duration.ofSeconds(60);

  /**
   * A Web3Signer.
   *
   * @param url where its API is
   * @param authorizationFile the Authorization header's value is this file's first line; or an
   *     environment variable has it
   * @param trustFile PEM certificates, when its own is not signed by a public authority
   * @param timeout of one signature, at most 3 s: it holds up this key's other transactions
   */
  public record Web3SignerSettings(
      URI url,
      Optional<Path> authorizationFile,
      Optional<String> authorizationVariable,
      Optional<Path> trustFile,
      @Default("2s") Duration timeout) {
    public Web3SignerSettings {
      if (authorizationFile.isPresent() && authorizationVariable.isPresent()) {
        throw new IllegalArgumentException(
            "set either authorization-file or authorization-variable, or neither");
      }
      requireTimeout(timeout, MOST_TIMEOUT);
    }
  }

  /**
   * AWS KMS.
   *
   * @param keyId id, ARN or alias
   * @param region such as {@code eu-central-1}
   * @param endpoint absent: that of the region
   * @param credentialsFile as AWS's tools write it, read again before each use; absent: the
   *     environment's, or those that a container hands out
   * @param profile the section in that file
   * @param timeout of one signature, at most 3 s: it holds up this key's other transactions
   */
  public record AwsKmsSettings(
      String keyId,
      String region,
      Optional<URI> endpoint,
      Optional<Path> credentialsFile,
      @Default("default") String profile,
      @Default("2s") Duration timeout) {
    public AwsKmsSettings {
      if (!region.matches("[a-z0-9-]{1,40}")) {
        throw new IllegalArgumentException("region is a name such as eu-central-1");
      }
      requireTimeout(timeout, MOST_TIMEOUT);
    }
  }

  /**
   * A file that Vault's transit engine sealed ({@code mandate keys seal}).
   *
   * @param key name of the transit key
   * @param file holds {@code vault:v1:…}
   * @param mount where the transit engine is mounted
   * @param tokenFile its first line is the token; or an environment variable has it
   * @param trustFile PEM certificates, when Vault's is not signed by a public authority
   * @param timeout of the one question when the process starts, at most 60 s
   */
  public record VaultTransitSettings(
      URI url,
      String key,
      Path file,
      @Default("transit") String mount,
      Optional<String> namespace,
      Optional<Path> tokenFile,
      Optional<String> tokenVariable,
      Optional<Path> trustFile,
      @Default("10s") Duration timeout) {
    public VaultTransitSettings {
      if (tokenFile.isPresent() == tokenVariable.isPresent()) {
        throw new IllegalArgumentException("set either token-file or token-variable");
      }
      requireTimeout(timeout, MOST_OPENING);
    }
  }

  public KeySettings {
    long places =
        Stream.of(file, web3signer, awsKms, vaultTransit).filter(Optional::isPresent).count();
    if (places != 1) {
      throw new IllegalArgumentException(
          "set exactly one of file, web3signer, aws-kms and vault-transit; " + places + " are set");
    }
    boolean passphrase = passphraseFile.isPresent() || passphraseVariable.isPresent();
    boolean both = passphraseFile.isPresent() && passphraseVariable.isPresent();
    if (file.isPresent() && (both || !passphrase)) {
      throw new IllegalArgumentException("set either passphrase-file or passphrase-variable");
    }
    if (file.isEmpty() && passphrase) {
      throw new IllegalArgumentException("a passphrase is for a key file, and none is set");
    }
  }

  /** A key file. */
  public static KeySettings keystore(
      Path file, Address address, Optional<Path> passphraseFile, Optional<String> variable) {
    return new KeySettings(
        address,
        Optional.of(file),
        passphraseFile,
        variable,
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  /**
   * Opens the key, wherever it is.
   *
   * @param environment the process's own
   * @throws KeyException in words, when it cannot be opened or is another's
   */
  public Key open(Map<String, String> environment, Clock clock) {
    if (file.isPresent()) {
      return KeystoreFile.open(
          file.get(), Passphrase.in(passphraseFile, passphraseVariable, environment), address);
    }
    if (web3signer.isPresent()) {
      Web3SignerSettings at = web3signer.get();
      boolean authorized =
          at.authorizationFile().isPresent() || at.authorizationVariable().isPresent();
      return Web3Signer.open(
          at,
          authorized
              ? Optional.of(text(at.authorizationFile(), at.authorizationVariable(), environment))
              : Optional.empty(),
          address,
          clock);
    }
    if (awsKms.isPresent()) {
      return AwsKms.open(awsKms.get(), environment, address, clock);
    }
    VaultTransitSettings at = vaultTransit.orElseThrow();
    try (VaultTransit vault = new VaultTransit(at)) {
      return vault.open(text(at.tokenFile(), at.tokenVariable(), environment), address);
    }
  }

  /** Files that hold a secret which opens the key, to see that others cannot read them. */
  public Stream<Path> secretFiles() {
    return Stream.of(
            passphraseFile,
            web3signer.flatMap(Web3SignerSettings::authorizationFile),
            awsKms.flatMap(AwsKmsSettings::credentialsFile),
            vaultTransit.flatMap(VaultTransitSettings::tokenFile))
        .flatMap(Optional::stream);
  }

  private static String text(
      Optional<Path> file, Optional<String> variable, Map<String, String> environment) {
    char[] characters = Passphrase.in(file, variable, environment).read();
    try {
      return new String(characters).strip();
    } finally {
      Arrays.fill(characters, '\0');
    }
  }

  private static void requireTimeout(Duration timeout, Duration most) {
    if (timeout.compareTo(LEAST_TIMEOUT) < 0 || timeout.compareTo(most) > 0) {
      throw new IllegalArgumentException(
          "timeout "
              + timeout.toMillis()
              + " ms is not within "
              + LEAST_TIMEOUT.toMillis()
              + " and "
              + most.toMillis());
    }
  }
}
