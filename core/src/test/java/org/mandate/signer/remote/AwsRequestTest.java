package org.mandate.signer.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The vectors of AWS's Signature Version 4 test suite: get-vanilla, post-vanilla and others. */
class AwsRequestTest {
  private static final URI HOST = URI.create("https://example.amazonaws.com/");
  private static final Instant TIME = Instant.parse("2015-08-30T12:36:00Z");
  private static final AwsCredentials.Credentials CREDENTIALS =
      new AwsCredentials.Credentials(
          "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", Optional.empty());

  private static String signature(AwsRequest request) {
    String header = request.signed(CREDENTIALS, TIME).get("authorization");
    assertTrue(
        header.startsWith(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "),
        header);
    return header.substring(header.indexOf("Signature=") + 10);
  }

  @Test
  void shouldSignAsAwsDoes() {
    assertEquals(
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        signature(new AwsRequest("GET", HOST, "us-east-1", "service", Map.of(), new byte[0])));
    assertEquals(
        "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
        signature(new AwsRequest("POST", HOST, "us-east-1", "service", Map.of(), new byte[0])));
    assertEquals(
        "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
        signature(
            new AwsRequest(
                "POST",
                HOST,
                "us-east-1",
                "service",
                Map.of("content-type", "application/x-www-form-urlencoded"),
                "Param1=value1".getBytes(java.nio.charset.StandardCharsets.UTF_8))));
  }

  @Test
  void shouldSendTheSessionsTokenAndNeverShowTheSecret() {
    var session =
        new AwsCredentials.Credentials("AKIDEXAMPLE", "very-secret", Optional.of("token"));
    var headers =
        new AwsRequest("POST", HOST, "us-east-1", "kms", Map.of(), new byte[0])
            .signed(session, TIME);
    assertEquals("token", headers.get("x-amz-security-token"));
    assertTrue(
        headers
            .get("authorization")
            .contains("SignedHeaders=host;x-amz-date;x-amz-security-token"));
    assertFalse(headers.toString().contains("very-secret"));
    assertFalse(session.toString().contains("very-secret"));
  }

  /** HTTP clients leave a scheme's usual port away, and what is signed must be what is sent. */
  @Test
  void shouldSignTheHostAsItIsSent() {
    for (String same : new String[] {"https://example.amazonaws.com:443/", HOST.toString()}) {
      assertEquals(
          "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
          signature(
              new AwsRequest(
                  "POST", URI.create(same), "us-east-1", "service", Map.of(), new byte[0])));
    }
  }
}
