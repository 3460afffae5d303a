package org.mandate.signer.remote;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1Sequence;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.signer.Key;
import org.mandate.signer.KeyException;
import org.mandate.signer.KeySettings.AwsKmsSettings;
import org.mandate.signer.KeyUnavailableException;

/**
 * A key in AWS KMS, of spec {@code ECC_SECG_P256K1} for signing: the actions {@code GetPublicKey},
 * once, and {@code Sign}, with the digest.
 */
public final class AwsKms implements RemoteKey.Keeper {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final int ANSWER_SHOWN = 200;

  /** A sequence of two integers, of 1 to 33 bytes. */
  private static final int LEAST_SIGNATURE = 8;

  private static final int MOST_SIGNATURE = 72;

  /** SubjectPublicKeyInfo (RFC 5480) of an uncompressed point on secp256k1, up to the point. */
  private static final byte[] PUBLIC_KEY =
      HexFormat.of().parseHex("3056301006072a8648ce3d020106052b8104000a034200");

  private final AwsKmsSettings settings;
  private final URI endpoint;
  private final AwsCredentials credentials;
  private final RemoteHttp http;
  private final Clock clock;

  private AwsKms(
      AwsKmsSettings settings, Map<String, String> environment, Clock clock, Duration timeout) {
    this.settings = settings;
    this.endpoint =
        RemoteHttp.base(
            "aws-kms.endpoint",
            settings
                .endpoint()
                .orElseGet(
                    () -> URI.create("https://kms." + settings.region() + ".amazonaws.com/")));
    RemoteHttp.requirePrivate("aws-kms.endpoint", endpoint, "what is signed");
    this.clock = clock;
    this.credentials =
        new AwsCredentials(
            settings.credentialsFile(), settings.profile(), environment, timeout, clock);
    this.http = new RemoteHttp(who(), timeout, Optional.empty());
  }

  /**
   * Asks for the public key.
   *
   * @throws KeyUnavailableException when KMS does not answer, or refuses
   * @throws KeyException when the key is another's, or of another kind
   */
  public static Key open(
      AwsKmsSettings settings, Map<String, String> environment, Address address, Clock clock) {
    return open(settings, environment, address, clock, settings.timeout());
  }

  /** With another timeout than the settings may have. */
  static Key open(
      AwsKmsSettings settings,
      Map<String, String> environment,
      Address address,
      Clock clock,
      Duration timeout) {
    AwsKms keeper = new AwsKms(settings, environment, clock, timeout);
    try {
      Address actual = keeper.address();
      if (!actual.equals(address)) {
        throw new KeyException(
            "%s is the key of %s, not of %s: correct aws-kms.key-id, or the configured address"
                .formatted(keeper.who(), actual.checksummed(), address.checksummed()));
      }
      return new RemoteKey(address, keeper, clock);
    } catch (RuntimeException e) {
      keeper.close();
      throw e;
    }
  }

  @Override
  public String who() {
    return "AWS KMS key " + settings.keyId() + " at " + RemoteHttp.shown(endpoint);
  }

  private Address address() {
    JsonNode answer = ask("GetPublicKey", Map.of("KeyId", settings.keyId()));
    byte[] der = base64(answer, "PublicKey");
    int prefix = PUBLIC_KEY.length;
    if (der.length == prefix + 65 && Arrays.equals(der, 0, prefix, PUBLIC_KEY, 0, prefix)) {
      Optional<Address> address = Points.address(Arrays.copyOfRange(der, prefix, der.length));
      if (address.isPresent()) {
        return address.get();
      }
    }
    throw new KeyException(
        who() + " is no key on secp256k1: make one of spec ECC_SECG_P256K1 for SIGN_VERIFY");
  }

  @Override
  public RemoteKey.Pair sign(byte[] preimage, Hash digest) {
    JsonNode answer =
        ask(
            "Sign",
            Map.of(
                "KeyId",
                settings.keyId(),
                "Message",
                Base64.getEncoder().encodeToString(digest.bytes()),
                "MessageType",
                "DIGEST",
                "SigningAlgorithm",
                "ECDSA_SHA_256"));
    try {
      // Ecdsa-Sig-Value of RFC 3279: a sequence of two integers
      byte[] der = base64(answer, "Signature");
      if (der.length < LEAST_SIGNATURE || der.length > MOST_SIGNATURE) {
        throw new IllegalArgumentException();
      }
      ASN1Sequence pair = ASN1Sequence.getInstance(der);
      BigInteger r = ASN1Integer.getInstance(pair.getObjectAt(0)).getPositiveValue();
      BigInteger s = ASN1Integer.getInstance(pair.getObjectAt(1)).getPositiveValue();
      return new RemoteKey.Pair(r, s);
    } catch (IllegalArgumentException | IllegalStateException | IndexOutOfBoundsException e) {
      throw new KeyException(who() + " answered with what is no signature");
    }
  }

  private JsonNode ask(String action, Map<String, String> parameters) {
    byte[] body = JSON.valueToTree(parameters).toString().getBytes(StandardCharsets.UTF_8);
    Map<String, String> headers =
        Map.of(
            "content-type", "application/x-amz-json-1.1", "x-amz-target", "TrentService." + action);
    HttpRequest.Builder request =
        HttpRequest.newBuilder(endpoint).POST(HttpRequest.BodyPublishers.ofByteArray(body));
    new AwsRequest("POST", endpoint, settings.region(), "kms", headers, body)
        .signed(credentials.current(), clock.instant())
        .forEach((name, value) -> RemoteHttp.header(request, name, value));
    RemoteHttp.Answer answer = http.send(request.build());
    JsonNode json;
    try {
      json = JSON.readTree(answer.body());
    } catch (IOException e) {
      throw new KeyUnavailableException(
          who() + ": " + action + ": HTTP status " + answer.status() + ", and no JSON");
    }
    if (answer.status() != 200) {
      // Its first line: where a signature is wrong, AWS shows the headers below, the session's
      // token among them.
      String said =
          (json.path("__type").asText() + " " + json.path("message").asText())
              .lines()
              .findFirst()
              .orElse("");
      throw new KeyUnavailableException(
          "%s: %s: HTTP status %d: %s"
              .formatted(
                  who(),
                  action,
                  answer.status(),
                  said.length() <= ANSWER_SHOWN ? said : said.substring(0, ANSWER_SHOWN) + "…"));
    }
    return json;
  }

  private byte[] base64(JsonNode answer, String name) {
    try {
      return Base64.getDecoder().decode(answer.path(name).asText());
    } catch (IllegalArgumentException e) {
      throw new KeyException(who() + " answered with a " + name + " that is not base64");
    }
  }

  @Override
  public void close() {
    credentials.close();
    http.close();
  }
}
