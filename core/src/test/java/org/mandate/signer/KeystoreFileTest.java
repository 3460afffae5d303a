package org.mandate.signer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.testing.NodeProgram;
import org.mandate.testing.Tools;
import org.web3j.crypto.Credentials;
import org.web3j.crypto.ECKeyPair;
import org.web3j.crypto.Wallet;
import org.web3j.crypto.WalletUtils;
import org.web3j.protocol.ObjectMapperFactory;

class KeystoreFileTest {
  /** Of the Web3 Secret Storage definition's test vectors; passphrase "testpassword". */
  private static final BigInteger VECTOR_KEY =
      new BigInteger("7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d", 16);

  private static final Address VECTOR_ADDRESS = new PrivateKeySigner(VECTOR_KEY).address();
  static final String PBKDF2_VECTOR =
      """
      {"crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":"6087dab2f9fdbbfaddc31a909735c1e6"},
      "ciphertext":"5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46","kdf":"pbkdf2",
      "kdfparams":{"c":262144,"dklen":32,"prf":"hmac-sha256","salt":"ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"},
      "mac":"517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"},"id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","version":3}
      """;

  /** Well-formed; the passphrase that opens it is not known. */
  private static final String SCRYPT_FILE =
      """
      {"crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":"83dbcc02d8ccb40e466191a123791e0e"},
      "ciphertext":"d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c","kdf":"scrypt",
      "kdfparams":{"dklen":32,"n":4096,"p":6,"r":8,"salt":"ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19"},
      "mac":"2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097"},"id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","version":3}
      """;

  private static final Address SEVENTY_SEVEN =
      new PrivateKeySigner(BigInteger.valueOf(77)).address();

  @TempDir Path folder;
  private Path key;
  private Passphrase passphrase;

  @BeforeEach
  void prepare() throws IOException {
    key = folder.resolve("key.json");
    Path file = folder.resolve("passphrase");
    Files.writeString(file, "testpassword\nnot this line\n");
    passphrase = new Passphrase.InFile(file);
  }

  @Test
  void shouldOpenTheVectorOfTheDefinition() throws IOException {
    Files.writeString(key, PBKDF2_VECTOR);
    var signer = KeystoreFile.open(key, passphrase, VECTOR_ADDRESS);
    assertEquals(new PrivateKeySigner(VECTOR_KEY).sign(Hash.ZERO), signer.signDigest(Hash.ZERO));
  }

  /** By ethers 6, go-ethereum and eth-keyfile, with the parameters that they write and others. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "ethers-default",
        "ethers-n2-r1-p1",
        "ethers-n1024-r1-p16",
        "ethers-n512-r16-p3",
        "ethers-n256-r8-p100",
        "geth-light",
        "eth-keyfile-pbkdf2-c1"
      })
  void shouldOpenWhatOthersWrite(String name) throws IOException {
    Files.writeString(key, written(name));
    assertEquals(SEVENTY_SEVEN, KeystoreFile.open(key, passphrase).address());
  }

  private static String written(String name) throws IOException {
    try (var in = KeystoreFileTest.class.getResourceAsStream("/keystores/" + name + ".json")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** geth's usual file asks for 256 MiB: as much as the relayer's whole heap (see mandate). */
  @Test
  void shouldOpenAUsualFileInTheHeapOfARelayer() throws Exception {
    Files.writeString(key, written("geth-standard"));
    var process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                Opening.class.getName(),
                key.toString(),
                folder.resolve("passphrase").toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(SEVENTY_SEVEN.checksummed(), said.strip());
  }

  /** A process that opens a key file and says whose it is. */
  static final class Opening {
    public static void main(String[] arguments) {
      var passphrase = new Passphrase.InFile(Path.of(arguments[1]));
      System.out.println(
          KeystoreFile.open(Path.of(arguments[0]), passphrase).address().checksummed());
    }
  }

  /** Only 32 bytes of what is derived are used, so a longer key opens the same. */
  @Test
  void shouldOpenWhenMoreKeyIsDerived() throws IOException {
    String file = written("eth-keyfile-pbkdf2-c1");
    Files.writeString(key, file.replace("\"dklen\": 32", "\"dklen\": 64"));
    assertTrue(Files.readString(key).contains("64"));
    assertEquals(SEVENTY_SEVEN, KeystoreFile.open(key, passphrase).address());
  }

  /** A third reader: eth-keyfile of PyPI, where .ci/run installed it; else skipped. */
  @Test
  void ethKeyfileShouldOpenWhatIsWritten() throws Exception {
    Optional<String> python = Optional.ofNullable(System.getenv("MANDATE_KEEPERS"));
    assumeTrue(python.isPresent(), "no Python with eth-keyfile");
    var created = KeystoreFile.create(key, passphrase, KeystoreFile.Cost.LIGHT);
    var process =
        new ProcessBuilder(
                python.get(),
                "-c",
                "import sys, eth_keyfile; print(eth_keyfile.extract_key_from_keyfile(sys.argv[1],"
                    + " b'testpassword').hex())",
                key.toString())
            .redirectErrorStream(true)
            .start();
    String secret = new String(process.getInputStream().readAllBytes()).strip();
    assertEquals(created.address(), new PrivateKeySigner(new BigInteger(secret, 16)).address());
  }

  /** ethers, with which the standard's files are written most often. */
  @Test
  void ethersShouldOpenWhatIsWrittenAndSayWhoseItIs() throws Exception {
    var ethers = NodeProgram.install("ethers-client", "ethers", "open.mjs");
    for (var cost : KeystoreFile.Cost.values()) {
      var file = folder.resolve("written-" + cost + ".json");
      var created = KeystoreFile.create(file, passphrase, cost);
      assertEquals(created.address().checksummed(), opened(ethers, file));
    }
    KeystoreFile.create(key, passphrase, KeystoreFile.Cost.LIGHT);
    var wrong = ethers.run("not the passphrase", key.toString());
    assertTrue(
        wrong.status() != 0 && wrong.output().contains("incorrect password"), wrong.output());
  }

  /** What is written here is scrypt's; of PBKDF2 both say the same of others' files. */
  @Test
  void ethersShouldSayTheSameOfPbkdf2() throws Exception {
    var ethers = NodeProgram.install("ethers-client", "ethers", "open.mjs");
    Files.writeString(key, PBKDF2_VECTOR);
    assertEquals(KeystoreFile.open(key, passphrase).address().checksummed(), opened(ethers, key));
    Files.writeString(key, written("eth-keyfile-pbkdf2-c1"));
    assertEquals(KeystoreFile.open(key, passphrase).address().checksummed(), opened(ethers, key));
  }

  private static String opened(NodeProgram ethers, Path file) throws Exception {
    var ended = ethers.run("testpassword", file.toString());
    assertEquals(0, ended.status(), ended.output());
    return ended.output().strip();
  }

  @Test
  void shouldOpenWhatAnotherWalletWrites() throws Exception {
    var pair = ECKeyPair.create(BigInteger.valueOf(77));
    ObjectMapperFactory.getObjectMapper()
        .writeValue(key.toFile(), Wallet.createLight("testpassword", pair));
    assertEquals(
        new PrivateKeySigner(BigInteger.valueOf(77)).address(),
        KeystoreFile.open(key, passphrase).address());
  }

  @Test
  void shouldOpenWhatFoundryWritesAndTheOtherWayRound() {
    Tools.cast(
        "wallet",
        "import",
        "--keystore-dir",
        folder.toString(),
        "--private-key",
        "0x" + "0".repeat(62) + "4d",
        "--unsafe-password",
        "testpassword",
        "foundry");
    assertEquals(
        new PrivateKeySigner(BigInteger.valueOf(77)).address(),
        KeystoreFile.open(folder.resolve("foundry"), passphrase).address());
    KeystoreFile.write(key, BigInteger.valueOf(77), passphrase, KeystoreFile.Cost.STANDARD);
    var decrypted =
        Tools.cast(
            "wallet",
            "decrypt-keystore",
            "--keystore-dir",
            folder.toString(),
            "--unsafe-password",
            "testpassword",
            "key.json");
    assertTrue(decrypted.getFirst().endsWith("0x" + "0".repeat(62) + "4d"), decrypted.toString());
  }

  @Test
  void anotherWalletShouldOpenWhatIsWritten() throws Exception {
    var signer = KeystoreFile.create(key, passphrase, KeystoreFile.Cost.LIGHT);
    Credentials other = WalletUtils.loadCredentials("testpassword", key.toFile());
    assertEquals(signer.address(), Address.of(other.getAddress()));
    assertEquals(signer.address(), KeystoreFile.open(key, passphrase).address());
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(key)));
    assertThrows(
        KeyException.class, () -> KeystoreFile.create(key, passphrase, KeystoreFile.Cost.LIGHT));
  }

  @Test
  void shouldOpenWhenThePassphraseIsInTheEnvironmentAndNotAscii() {
    var environment =
        new Passphrase.InEnvironment(
            "MANDATE_PASSPHRASE", Map.of("MANDATE_PASSPHRASE", "pässwörd ✓"));
    var signer = KeystoreFile.create(key, environment, KeystoreFile.Cost.LIGHT);
    assertEquals(signer.address(), KeystoreFile.open(key, environment).address());
    assertFalse(environment.toString().contains("pässwörd"));
  }

  @Test
  void shouldRefuseWhenTheKeyIsAnothers() throws IOException {
    Files.writeString(key, written("geth-light"));
    refuses(() -> KeystoreFile.open(key, passphrase, Address.ZERO), SEVENTY_SEVEN.checksummed());
  }

  @Test
  void shouldRefuseWhenThePassphraseIsWrongOrMissing() throws IOException {
    Files.writeString(key, written("geth-light"));
    Path wrong = Files.writeString(folder.resolve("wrong"), "hush-hush");
    refuses(() -> KeystoreFile.open(key, new Passphrase.InFile(wrong)), "passphrase");
    refuses(() -> KeystoreFile.open(key, new Passphrase.InFile(folder.resolve("none"))), "none");
    refuses(
        () -> KeystoreFile.open(key, new Passphrase.InFile(Files.writeString(wrong, "\n"))),
        "empty");
    refuses(
        () -> KeystoreFile.open(key, new Passphrase.InEnvironment("NOT_SET", Map.of())), "NOT_SET");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"version\":3|\"version\":1|version 3",
        "aes-128-ctr|aes-128-cbc|cipher",
        "\"scrypt\"|\"argon2\"|derivation",
        "\"n\":4096|\"n\":1073741824|-Xmx",
        "\"n\":4096|\"n\":3|scrypt",
        "\"c\":262144|\"c\":2147483648|rounds",
        "\"c\":262144|\"c\":0|rounds",
        "\"r\":8|\"r\":1000000|-Xmx",
        "\"p\":6|\"p\":1000000000|scrypt",
        "\"r\":8|\"r\":-8|RFC 7914",
        "\"n\":4096|\"n\":\"4096\"|RFC 7914",
        "\"dklen\":32|\"dklen\":31|31",
        "\"iv\":\"83|\"iv\":\"|iv",
        "\"mac\":\"21|\"mac\":\"zz|mac",
        "d172bf|d172be|passphrase",
        "{|[|JSON"
      })
  void shouldSayWhatIsWrongWhenTheFileIs(String good, String bad, String word) throws IOException {
    String whole = SCRYPT_FILE.contains(good) ? SCRYPT_FILE : PBKDF2_VECTOR;
    Files.writeString(key, whole.replaceFirst(java.util.regex.Pattern.quote(good), bad));
    refuses(() -> KeystoreFile.open(key, passphrase), word);
  }

  @Test
  void shouldRefuseWhenThereIsNoFileOrAHugeOne() throws IOException {
    refuses(() -> KeystoreFile.open(folder.resolve("nowhere.json"), passphrase), "nowhere.json");
    Files.writeString(key, " ".repeat(100_000));
    refuses(() -> KeystoreFile.open(key, passphrase), "larger");
  }

  private void refuses(org.junit.jupiter.api.function.Executable opening, String word) {
    var refused = assertThrows(KeyException.class, opening);
    assertTrue(refused.getMessage().contains(word), refused.getMessage());
    assertFalse(
        refused.getMessage().contains("testpassword") || refused.getMessage().contains("hush"));
  }
}
