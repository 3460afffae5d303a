package org.mandate.signer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Beside geth's own program for key files: {@code MANDATE_ETHKEY=$(scripts/ethkey)}. */
class GethKeystoreTest {
  private static final JsonMapper JSON = new JsonMapper();

  @TempDir Path folder;
  private Path key;
  private Path secret;
  private Path wrong;
  private String ethkey;

  private record Ended(int status, String output, String errors) {}

  @BeforeEach
  void prepare() throws IOException {
    Optional<String> program = Optional.ofNullable(System.getenv("MANDATE_ETHKEY"));
    assumeTrue(program.isPresent(), "no ethkey: set MANDATE_ETHKEY=$(scripts/ethkey) to run this");
    ethkey = program.orElseThrow();
    key = folder.resolve("key.json");
    // Not ASCII, and with a blank at its end: both must take the same bytes for the passphrase.
    secret = Files.writeString(folder.resolve("passphrase"), "pässwörd ✓ \n");
    wrong = Files.writeString(folder.resolve("wrong"), "pässwörd ✓\n");
  }

  @ParameterizedTest
  @CsvSource({"false,262144,1", "true,4096,6"})
  void shouldOpenWhatGethGenerates(boolean light, int n, int p) throws Exception {
    List<String> arguments = new ArrayList<>(List.of("generate", "--json"));
    if (light) {
      arguments.add("--lightkdf");
    }
    arguments.addAll(List.of("--passwordfile", secret.toString(), key.toString()));
    Ended generated = run(arguments);
    assertEquals(0, generated.status(), generated.errors());
    JsonNode parameters = JSON.readTree(key.toFile()).path("crypto").path("kdfparams");
    assertEquals(n, parameters.path("n").asInt());
    assertEquals(p, parameters.path("p").asInt());

    PrivateKey opened = bothOpen(secret);
    assertEquals(
        JSON.readTree(generated.output()).path("Address").asText(), opened.address().checksummed());
    bothRefuse(wrong);
  }

  @ParameterizedTest
  @EnumSource
  void gethShouldOpenWhatIsWritten(KeystoreFile.Cost cost) throws Exception {
    PrivateKey created = KeystoreFile.create(key, new Passphrase.InFile(secret), cost);
    assertEquals(created.address(), bothOpen(secret).address());
    bothRefuse(wrong);
  }

  /** Its zeros in front are a part of what is encrypted: geth opens no shorter one. */
  @Test
  void gethShouldOpenWhatIsWrittenOfASmallKey() throws Exception {
    var passphrase = new Passphrase.InFile(secret);
    KeystoreFile.write(key, BigInteger.ONE, passphrase, KeystoreFile.Cost.LIGHT);
    assertEquals(new PrivateKey(BigInteger.ONE).address(), bothOpen(secret).address());
  }

  /** Parameters that neither writes: scrypt with other r and p, and PBKDF2. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "ethers-default",
        "ethers-n2-r1-p1",
        "ethers-n1024-r1-p16",
        "ethers-n512-r16-p3",
        "ethers-n256-r8-p100",
        "eth-keyfile-pbkdf2-c1"
      })
  void shouldOpenWhatGethOpens(String name) throws Exception {
    try (var in = GethKeystoreTest.class.getResourceAsStream("/keystores/" + name + ".json")) {
      Files.write(key, in.readAllBytes());
    }
    alike();
    String file = Files.readString(key);
    Files.writeString(key, file.replaceFirst("\"dklen\": ?32", "\"dklen\":64"));
    assertNotEquals(file, Files.readString(key));
    alike();
  }

  /** With as many rounds as other wallets take. */
  @Test
  void shouldOpenTheVectorOfTheDefinitionAsGethDoes() throws Exception {
    Files.writeString(key, KeystoreFileTest.PBKDF2_VECTOR);
    alike();
  }

  private void alike() throws Exception {
    Path known = Files.writeString(folder.resolve("known"), "testpassword");
    bothOpen(known);
    bothRefuse(wrong);
  }

  /** The file's key, which is the same to both. */
  private PrivateKey bothOpen(Path passphrase) throws Exception {
    Ended inspected = inspect(passphrase);
    assertEquals(0, inspected.status(), inspected.errors());
    JsonNode geths = JSON.readTree(inspected.output());
    PrivateKey ours = KeystoreFile.open(key, new Passphrase.InFile(passphrase));
    assertEquals(geths.path("Address").asText(), ours.address().checksummed());
    String opened = HexFormat.of().formatHex(ours.bytes());
    // not assertEquals, which would say both
    assertTrue(geths.path("PrivateKey").asText().equals(opened), "not the same key");
    return ours;
  }

  private void bothRefuse(Path passphrase) throws Exception {
    Ended inspected = inspect(passphrase);
    assertNotEquals(0, inspected.status());
    assertTrue(inspected.errors().contains("could not decrypt"), inspected.errors());
    var refused =
        assertThrows(
            KeyException.class, () -> KeystoreFile.open(key, new Passphrase.InFile(passphrase)));
    assertTrue(refused.getMessage().contains("does not open with this passphrase"));
  }

  private Ended inspect(Path passphrase) throws Exception {
    return run(
        List.of(
            "inspect",
            "--private",
            "--json",
            "--passwordfile",
            passphrase.toString(),
            key.toString()));
  }

  /** What it prints, a private key among it, goes nowhere else. */
  private Ended run(List<String> arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(ethkey));
    command.addAll(arguments);
    Path errors = folder.resolve("errors");
    Process process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
    process.getOutputStream().close(); // it asks nobody
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    return new Ended(process.exitValue(), output, Files.readString(errors));
  }
}
