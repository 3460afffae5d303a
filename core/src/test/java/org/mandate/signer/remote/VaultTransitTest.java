package org.mandate.signer.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Address;
import org.mandate.signer.Key;
import org.mandate.signer.KeyException;
import org.mandate.signer.KeySettings;
import org.mandate.signer.KeySettings.VaultTransitSettings;
import org.mandate.signer.KeyUnavailableException;
import org.mandate.signer.PrivateKey;
import org.mandate.signer.remote.StandIn.Reply;

/**
 * Against a server that answers as Vault's API documentation of the transit engine says, and
 * against a Vault where there is one (MANDATE_VAULT: its address, a space, a token).
 */
class VaultTransitTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TOKEN = "s.token";

  @TempDir private Path folder;
  private final PrivateKey key = new PrivateKey(BigInteger.valueOf(0xa1));

  /** Seals by keeping what it was given, and takes nothing that the documentation does not have. */
  private static StandIn.Handler vault() {
    Map<String, String> sealed = new ConcurrentHashMap<>();
    return (method, path, exchange, body) -> {
      if (!TOKEN.equals(exchange.getRequestHeaders().getFirst("X-Vault-Token"))) {
        return Reply.json(403, "{\"errors\":[\"permission denied\"]}");
      }
      var asked = JSON.readTree(body);
      if (method.equals("POST") && path.equals("/v1/transit/encrypt/relayer")) {
        String name = "vault:v1:" + "QUJD" + sealed.size();
        sealed.put(name, asked.get("plaintext").asText());
        return Reply.json(200, "{\"data\":{\"ciphertext\":\"" + name + "\",\"key_version\":1}}");
      }
      if (method.equals("POST") && path.equals("/v1/transit/decrypt/relayer")) {
        String plain = sealed.get(asked.get("ciphertext").asText());
        return plain == null
            ? Reply.json(400, "{\"errors\":[\"cipher: message authentication failed\"]}")
            : Reply.json(200, "{\"data\":{\"plaintext\":\"" + plain + "\"}}");
      }
      return Reply.json(404, "{\"errors\":[]}");
    };
  }

  private VaultTransitSettings settings(URI url, String name) {
    return new VaultTransitSettings(
        url,
        name,
        folder.resolve("sealed"),
        "transit",
        Optional.empty(),
        Optional.empty(),
        Optional.of("VAULT_TOKEN"),
        Optional.empty(),
        Duration.ofSeconds(60));
  }

  private void seal(VaultTransitSettings settings, String token) throws IOException {
    try (VaultTransit vault = new VaultTransit(settings)) {
      Files.writeString(settings.file(), vault.seal(token, key) + "\n");
    }
  }

  private static Key open(VaultTransitSettings settings, String token, Address expected) {
    return new KeySettings(
            expected,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.of(settings))
        .open(Map.of("VAULT_TOKEN", token), Clock.systemUTC());
  }

  private void sealsAndOpens(URI url, String token) throws Exception {
    var settings = settings(url, "relayer");
    seal(settings, token);
    String text = Files.readString(settings.file());
    assertTrue(text.startsWith("vault:v1:"), text);
    try (Key opened = open(settings, token, key.address())) {
      byte[] words = {1, 2, 3};
      assertEquals(key.sign(words), opened.sign(words));
    }
    var other =
        assertThrows(
            KeyException.class, () -> open(settings, token, Address.of("0x" + "1".repeat(40))));
    assertTrue(other.getMessage().contains(key.address().checksummed()), other.getMessage());
    var stranger = assertThrows(KeyException.class, () -> open(settings, "s.wrong", key.address()));
    assertInstanceOf(KeyUnavailableException.class, stranger);
    assertTrue(stranger.getMessage().contains("token"), stranger.getMessage());
    assertFalse(stranger.getMessage().contains("s.wrong"), stranger.getMessage());
    Files.writeString(settings.file(), text.replaceFirst("v1:.", "v1:z"));
    var altered = assertThrows(KeyException.class, () -> open(settings, token, key.address()));
    assertTrue(altered.getMessage().contains("another key"), altered.getMessage());
  }

  @Test
  void shouldSealAndOpen() throws Exception {
    try (StandIn vault = new StandIn(vault())) {
      sealsAndOpens(vault.url(), TOKEN);
    }
  }

  @Test
  void shouldSealAndOpenWithARealVault() throws Exception {
    Optional<String> real = Optional.ofNullable(System.getenv("MANDATE_VAULT"));
    assumeTrue(real.isPresent(), "no Vault");
    String[] parts = real.get().split(" ");
    URI url = URI.create(parts[0]);
    ask(url, parts[1], "v1/sys/mounts/transit", "{\"type\":\"transit\"}");
    ask(url, parts[1], "v1/transit/keys/relayer", "{}");
    sealsAndOpens(url, parts[1]);
  }

  private static void ask(URI url, String token, String path, String body) throws Exception {
    try (var http = HttpClient.newHttpClient()) {
      http.send(
          HttpRequest.newBuilder(url.resolve("/" + path))
              .header("X-Vault-Token", token)
              .POST(HttpRequest.BodyPublishers.ofString(body))
              .build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  @Test
  void shouldSayWhatIsWrong() throws Exception {
    try (StandIn vault = new StandIn(vault())) {
      var settings = settings(vault.url(), "relayer");
      refuses("mandate keys seal", settings);
      Files.writeString(settings.file(), "a private key, by mistake");
      refuses("vault:v1", settings);
      seal(settings, TOKEN);
      for (var one :
          Map.of(
                  503, "sealed",
                  307, "active",
                  404, "no such mount",
                  500, "500")
              .entrySet()) {
        vault.answers((m, p, e, b) -> Reply.json(one.getKey(), "{}"));
        refuses(one.getValue(), settings);
      }
      for (String plain : new String[] {"", "AAAA", "!", "A".repeat(43) + "="}) {
        vault.answers(
            (m, p, e, b) -> Reply.json(200, "{\"data\":{\"plaintext\":\"" + plain + "\"}}"));
        refuses("holds no", settings);
      }
      vault.answers((m, p, e, b) -> Reply.json(200, "[]"));
      refuses("no plaintext", settings);
    }
  }

  /** The JDK shows what it refuses as a header. */
  @Test
  void shouldNotShowATokenThatIsNoHeader() throws Exception {
    try (StandIn vault = new StandIn(vault())) {
      var settings = settings(vault.url(), "relayer");
      seal(settings, TOKEN);
      var refused =
          assertThrows(KeyException.class, () -> open(settings, "\ufeffs.hush", key.address()));
      assertFalse(refused.getMessage().contains("hush"), refused.getMessage());
      assertTrue(refused.getMessage().contains("x-vault-token"), refused.getMessage());
    }
  }

  private void refuses(String words, VaultTransitSettings settings) {
    var refused = assertThrows(KeyException.class, () -> open(settings, TOKEN, key.address()));
    assertTrue(refused.getMessage().contains(words), refused.getMessage());
  }

  @Test
  void L7_shouldNotHandTheKeyOverInTheClear() {
    var settings = settings(URI.create("http://192.0.2.1:8200"), "relayer");
    var refused = assertThrows(IllegalArgumentException.class, () -> new VaultTransit(settings));
    assertTrue(refused.getMessage().contains("https"), refused.getMessage());
    for (Duration timeout : new Duration[] {Duration.ZERO, Duration.ofMinutes(2)}) {
      assertThrows(
          IllegalArgumentException.class,
          () ->
              new VaultTransitSettings(
                  settings.url(),
                  "relayer",
                  settings.file(),
                  "transit",
                  Optional.empty(),
                  Optional.empty(),
                  Optional.of("VAULT_TOKEN"),
                  Optional.empty(),
                  timeout));
    }
    for (String name : new String[] {"../sys/seal", "a b", ""}) {
      assertThrows(
          IllegalArgumentException.class,
          () -> new VaultTransit(settings(URI.create("http://127.0.0.1:1"), name)));
    }
  }
}
