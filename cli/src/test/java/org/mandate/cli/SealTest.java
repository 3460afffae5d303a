package org.mandate.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Address;
import org.mandate.signer.KeySettings;
import org.mandate.signer.KeySettings.VaultTransitSettings;

/** keys seal, with a server that answers as Vault's API documentation says. */
class SealTest {
  private static final String TOKEN = "s.hush-hush";

  @TempDir private Path folder;

  @Test
  void shouldSealAKeyForAProcessThatVaultLetsOpenIt() throws Exception {
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          var asked = new ObjectMapper().readTree(exchange.getRequestBody());
          boolean allowed = TOKEN.equals(exchange.getRequestHeaders().getFirst("X-Vault-Token"));
          // Its sealing is to turn the text around.
          String body =
              exchange.getRequestURI().getPath().equals("/v1/transit/encrypt/relayer")
                  ? "{\"data\":{\"ciphertext\":\"vault:v1:%s\"}}"
                      .formatted(turned(asked.path("plaintext").asText()))
                  : "{\"data\":{\"plaintext\":\"%s\"}}"
                      .formatted(turned(asked.path("ciphertext").asText().substring(9)));
          byte[] bytes = (allowed ? body : "{}").getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(allowed ? 200 : 403, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    server.start();
    try {
      seals(URI.create("http://127.0.0.1:" + server.getAddress().getPort()));
    } finally {
      server.stop(0);
    }
  }

  private void seals(URI vault) throws Exception {
    Path passphrase = secret("passphrase", "correct horse battery staple");
    Path key = folder.resolve("key.json");
    var made =
        Run.mandate(
            "keys",
            "new",
            key.toString(),
            "--light",
            "--passphrase-file",
            passphrase.toString(),
            "--json");
    var address = Address.of(made.json().path("address").asText());
    Path token = secret("token", TOKEN);
    Path sealed = folder.resolve("relayer.sealed");

    var stranger = seal(vault, key, passphrase, secret("other", "s.stranger"), sealed);
    assertTrue(stranger.code() != 0 && stranger.err().contains("403"), stranger.err());
    assertFalse(Files.exists(sealed));
    assertFalse((stranger.out() + stranger.err()).contains("s.stranger"), stranger.err());

    var clear = seal(URI.create("http://192.0.2.1"), key, passphrase, token, sealed);
    assertEquals(2, clear.code());
    assertTrue(clear.err().contains("https"), clear.err());

    var run = seal(vault, key, passphrase, token, sealed);
    assertEquals(0, run.code(), run.err());
    assertEquals(address, Address.of(run.json().path("address").asText()));
    assertFalse((run.out() + run.err()).contains(TOKEN));
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(sealed)));
    String text = Files.readString(sealed);
    assertTrue(text.startsWith("vault:v1:"), text);

    var again = seal(vault, key, passphrase, token, sealed);
    assertEquals(3, again.code());
    assertEquals(text, Files.readString(sealed));

    var settings =
        new VaultTransitSettings(
            vault,
            "relayer",
            sealed,
            "transit",
            Optional.empty(),
            Optional.of(token),
            Optional.empty(),
            Optional.empty(),
            Duration.ofSeconds(60));
    try (var opened =
        new KeySettings(
                address,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.of(settings))
            .open(Map.of(), Clock.systemUTC())) {
      assertEquals(address, opened.address());
    }
  }

  private static Run seal(URI vault, Path key, Path passphrase, Path token, Path sealed) {
    return Run.mandate(
        "keys",
        "seal",
        sealed.toString(),
        "--key",
        key.toString(),
        "--passphrase-file",
        passphrase.toString(),
        "--vault",
        vault.toString(),
        "--vault-key",
        "relayer",
        "--vault-token-file",
        token.toString(),
        "--json");
  }

  private Path secret(String name, String text) throws Exception {
    Path file = folder.resolve(name);
    KeyFile.writeSecret(file, text + "\n");
    return file;
  }

  private static String turned(String text) {
    return new StringBuilder(text).reverse().toString();
  }
}
