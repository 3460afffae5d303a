package org.mandate.signer.remote;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.regex.Pattern;
import org.mandate.chain.Address;
import org.mandate.signer.KeyException;
import org.mandate.signer.KeySettings.VaultTransitSettings;
import org.mandate.signer.KeyUnavailableException;
import org.mandate.signer.PrivateKey;

/**
 * A key file that a Vault sealed: its transit engine has no keys on secp256k1, so the key's 32
 * bytes are encrypted under a transit key, and Vault decrypts them once, when the process starts.
 * Then the key is in this process's memory. What that gives: the file alone is worth nothing, Vault
 * says who may open it and records who did, and taking the token away ends it at the next start.
 */
public final class VaultTransit implements AutoCloseable {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Pattern SEALED = Pattern.compile("vault:v[0-9]{1,9}:[A-Za-z0-9+/=]{1,4096}");
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_./-]{1,200}");
  private static final int FILE_LIMIT = 16 << 10;

  private final VaultTransitSettings settings;
  private final URI base;
  private final RemoteHttp http;

  public VaultTransit(VaultTransitSettings settings) {
    this.settings = settings;
    base = RemoteHttp.base("vault-transit.url", settings.url());
    RemoteHttp.requirePrivate("vault-transit.url", base, "the key");
    if (!isName(settings.key()) || !isName(settings.mount())) {
      throw new IllegalArgumentException(
          "vault-transit: key and mount are letters, digits, and any of _ . / -");
    }
    http = new RemoteHttp(who(), settings.timeout(), settings.trustFile());
  }

  private static boolean isName(String text) {
    return NAME.matcher(text).matches() && !text.contains("..");
  }

  private String who() {
    return "Vault " + RemoteHttp.shown(base) + ", transit key " + settings.key();
  }

  /**
   * Has a sealed file opened.
   *
   * @param expected whose key it must be
   * @throws KeyException when there is no such file, or the key is another's
   * @throws KeyUnavailableException when Vault does not answer, or refuses
   */
  public PrivateKey open(String token, Address expected) {
    String sealed = read(settings.file());
    byte[] plain = new byte[0];
    try {
      plain = Base64.getDecoder().decode(ask("decrypt", token, "ciphertext", sealed, "plaintext"));
      if (plain.length != 32) {
        throw new KeyException("sealed key file " + settings.file() + " holds no key of 32 bytes");
      }
      PrivateKey key = new PrivateKey(new BigInteger(1, plain));
      if (!key.address().equals(expected)) {
        throw new KeyException(
            "sealed key file %s holds the key of %s, not of %s: put the right file there, or correct the configured address"
                .formatted(settings.file(), key.address().checksummed(), expected.checksummed()));
      }
      return key;
    } catch (IllegalArgumentException e) {
      throw new KeyException("sealed key file " + settings.file() + " holds no valid key");
    } finally {
      Arrays.fill(plain, (byte) 0);
    }
  }

  /**
   * Has a key sealed.
   *
   * @return what to write into the file
   * @throws KeyUnavailableException when Vault does not answer, or refuses
   */
  public String seal(String token, PrivateKey key) {
    byte[] plain = key.bytes();
    try {
      String sealed =
          ask(
              "encrypt",
              token,
              "plaintext",
              Base64.getEncoder().encodeToString(plain),
              "ciphertext");
      if (!SEALED.matcher(sealed).matches()) {
        throw new KeyException(who() + " answered with what is no ciphertext");
      }
      return sealed;
    } finally {
      Arrays.fill(plain, (byte) 0);
    }
  }

  private String ask(String action, String token, String name, String value, String wanted) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
                base.resolve("v1/" + settings.mount() + "/" + action + "/" + settings.key()))
            .header("content-type", "application/json")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    JSON.createObjectNode().put(name, value).toString()));
    RemoteHttp.header(request, "x-vault-token", token);
    settings
        .namespace()
        .ifPresent(namespace -> RemoteHttp.header(request, "x-vault-namespace", namespace));
    RemoteHttp.Answer answer = http.send(request.build());
    if (answer.status() != 200) {
      throw new KeyUnavailableException(
          "%s: %s: HTTP status %d%s"
              .formatted(
                  who(),
                  action,
                  answer.status(),
                  switch (answer.status()) {
                    case 307 -> ": it is in standby; configure the address of the active one";
                    case 400 ->
                        action.equals("decrypt")
                            ? ": it was sealed under another key, or that version is gone"
                            : ": the transit key does not encrypt, or is derived";
                    case 403 -> ": its token may not do this";
                    case 404 -> ": there is no such mount or key";
                    case 503 -> ": it is sealed, or in standby";
                    default -> "";
                  }));
    }
    try {
      JsonNode found = JSON.readTree(answer.body()).path("data").path(wanted);
      if (found.isTextual()) {
        return found.asText();
      }
    } catch (IOException e) {
      // said below
    }
    throw new KeyException(who() + ": " + action + ": the answer has no " + wanted);
  }

  private static String read(Path file) {
    try {
      if (Files.size(file) > FILE_LIMIT) {
        throw new KeyException("sealed key file " + file + " is too large");
      }
      String text = Files.readString(file).strip();
      if (!SEALED.matcher(text).matches()) {
        throw new KeyException(
            "sealed key file "
                + file
                + " is not one line vault:v1:… (mandate keys seal makes one)");
      }
      return text;
    } catch (NoSuchFileException e) {
      throw new KeyException(
          "there is no sealed key file " + file + ": make one with mandate keys seal");
    } catch (IOException e) {
      throw new KeyException(
          "sealed key file " + file + " cannot be read (" + e.getClass().getSimpleName() + ")");
    }
  }

  @Override
  public void close() {
    http.close();
  }
}
