package org.mandate.signer.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.math.BigInteger;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.signer.Key;
import org.mandate.signer.KeyException;
import org.mandate.signer.KeySettings.AwsKmsSettings;
import org.mandate.signer.KeyUnavailableException;
import org.mandate.signer.PrivateKeySigner;

/**
 * Against moto, the AWS of PyPI, which checks each request's signature and permissions: where
 * .ci/run installed it (MANDATE_KEEPERS: the Python that has it); else skipped. What KMS could
 * answer wrongly is in {@link AwsKmsAnswersTest}.
 */
class AwsKmsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String REGION = "eu-central-1";
  private static final Duration TIMEOUT = Duration.ofSeconds(3);

  /** moto loads parts of itself when they are first asked for, on a machine that may be busy. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private static final String ACCOUNT = "Version=2010-05-08&Action=";

  @TempDir private static Path folder;
  private static Process moto;
  private static URI endpoint;
  private static String keyId;
  private static Address address;
  private static Map<String, String> mayUse;
  private static Map<String, String> mayNot;

  @BeforeAll
  static void startMoto() throws Exception {
    Optional<String> program = Optional.ofNullable(System.getenv("MANDATE_KEEPERS"));
    assumeTrue(program.isPresent(), "no Python with moto");
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    endpoint = URI.create("http://127.0.0.1:" + port + "/");
    Path server = Path.of(AwsKmsTest.class.getResource("/moto/server.py").toURI());
    var builder =
        new ProcessBuilder(
                program.get(), server.toString(), "-H", "127.0.0.1", "-p", String.valueOf(port))
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("moto.log").toFile());
    // After so many calls it authenticates and authorizes as AWS does.
    builder.environment().put("INITIAL_NO_AUTH_ACTION_COUNT", "5");
    moto = builder.start();
    awaitMoto();
    keyId =
        kms("CreateKey", Map.of("KeySpec", "ECC_SECG_P256K1", "KeyUsage", "SIGN_VERIFY"))
            .at("/KeyMetadata/KeyId")
            .asText();
    var publicKey = kms("GetPublicKey", Map.of("KeyId", keyId)).path("PublicKey").asText();
    byte[] der = Base64.getDecoder().decode(publicKey);
    byte[] point = Arrays.copyOfRange(der, der.length - 64, der.length);
    address = Address.of("0x" + Hash.keccak(point).hex().substring(26));
    mayUse = user("relayer");
    var policy =
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"kms:Sign\",\"kms:GetPublicKey\"],\"Resource\":\"*\"}]}";
    iam(
        "PutUserPolicy&UserName=relayer&PolicyName=sign&PolicyDocument="
            + java.net.URLEncoder.encode(policy, java.nio.charset.StandardCharsets.UTF_8));
    var wrong = new HashMap<>(mayUse);
    wrong.put("AWS_SECRET_ACCESS_KEY", "0".repeat(40));
    mayNot = wrong;
  }

  @AfterAll
  static void stopMoto() {
    Optional.ofNullable(moto).ifPresent(Process::destroy);
  }

  private static void awaitMoto() throws Exception {
    var end = Instant.now().plusSeconds(240);
    while (true) {
      try (var socket = new java.net.Socket("127.0.0.1", endpoint.getPort())) {
        assertTrue(socket.isConnected());
        return;
      } catch (IOException e) {
        assertTrue(
            moto.isAlive() && Instant.now().isBefore(end),
            () -> "moto does not start: " + read(folder.resolve("moto.log")));
        Thread.sleep(100);
      }
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** Makes a user with an access key: two calls. */
  private static Map<String, String> user(String name) throws Exception {
    iam("CreateUser&UserName=" + name);
    var xml = iam("CreateAccessKey&UserName=" + name);
    return Map.of(
        "AWS_ACCESS_KEY_ID", between(xml, "<AccessKeyId>"),
        "AWS_SECRET_ACCESS_KEY", between(xml, "<SecretAccessKey>"));
  }

  private static String between(String xml, String tag) {
    int from = xml.indexOf(tag) + tag.length();
    return xml.substring(from, xml.indexOf('<', from));
  }

  private static String iam(String action) throws Exception {
    return post(
        Map.of("Content-Type", "application/x-www-form-urlencoded"), "iam", ACCOUNT + action);
  }

  private static JsonNode kms(String action, Map<String, String> parameters) throws Exception {
    return JSON.readTree(
        post(
            Map.of(
                "Content-Type",
                "application/x-amz-json-1.1",
                "X-Amz-Target",
                "TrentService." + action),
            "kms",
            JSON.writeValueAsString(parameters)));
  }

  /** As anybody, while moto authenticates nobody yet. */
  private static String post(Map<String, String> headers, String service, String body)
      throws Exception {
    var request =
        HttpRequest.newBuilder(endpoint)
            .header(
                "Authorization",
                "AWS4-HMAC-SHA256 Credential=x/20260101/"
                    + REGION
                    + "/"
                    + service
                    + "/aws4_request, SignedHeaders=host, Signature=x")
            .POST(HttpRequest.BodyPublishers.ofString(body));
    headers.forEach(request::header);
    try (var http = HttpClient.newHttpClient()) {
      var answer = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
      assertEquals(200, answer.statusCode(), answer.body());
      return answer.body();
    }
  }

  private static AwsKmsSettings settings(Optional<Path> credentials) {
    return new AwsKmsSettings(
        keyId, REGION, Optional.of(endpoint), credentials, "default", TIMEOUT);
  }

  private static Key open(Map<String, String> environment, Address expected) {
    return open(Optional.empty(), environment, expected);
  }

  private static Key open(
      Optional<Path> credentials, Map<String, String> environment, Address expected) {
    return AwsKms.open(settings(credentials), environment, expected, Clock.systemUTC(), PATIENCE);
  }

  @Test
  void shouldSignWithAKeyThatKmsKeeps() {
    try (Key key = open(mayUse, address)) {
      for (int i = 0; i < 20; i++) { // both parities, high and low s
        byte[] words = ("pay " + i).getBytes(java.nio.charset.StandardCharsets.UTF_8);
        assertEquals(
            Optional.of(address), key.sign(words).recover(Hash.keccak(words)), "signature " + i);
      }
    }
  }

  @Test
  void shouldReadRenewedCredentialsFromTheFile() throws IOException {
    Path file = folder.resolve("credentials");
    Files.writeString(file, "# none yet\n[default]\naws_access_key_id = x\n");
    var refused =
        assertThrows(KeyException.class, () -> open(Optional.of(file), Map.of(), address));
    assertTrue(refused.getMessage().contains("[default]"), refused.getMessage());
    Files.writeString(
        file,
        "[other]\naws_access_key_id = x\naws_secret_access_key = y\n[default]\naws_access_key_id = %s\naws_secret_access_key=%s\n"
            .formatted(mayUse.get("AWS_ACCESS_KEY_ID"), mayUse.get("AWS_SECRET_ACCESS_KEY")));
    try (Key key = open(Optional.of(file), Map.of(), address)) {
      key.sign(new byte[] {1});
    }
  }

  @Test
  void L7_shouldRefuseWhenTheKeyIsAnothers() {
    var other = new PrivateKeySigner(BigInteger.TEN).address();
    var refused = assertThrows(KeyException.class, () -> open(mayUse, other));
    assertTrue(refused.getMessage().contains(address.checksummed()), refused.getMessage());
    assertTrue(refused.getMessage().contains(other.checksummed()), refused.getMessage());
  }

  @Test
  void shouldSayWhatKmsSaysWhenItRefuses() {
    var refused = assertThrows(KeyException.class, () -> open(mayNot, address));
    assertInstanceOf(KeyUnavailableException.class, refused);
    assertTrue(refused.getMessage().contains("HTTP status 403"), refused.getMessage());
    assertFalse(refused.getMessage().contains("0".repeat(40)), refused.getMessage());
    var none = assertThrows(KeyException.class, () -> open(Map.of(), address));
    assertTrue(none.getMessage().contains("AWS_ACCESS_KEY_ID"), none.getMessage());
  }
}
