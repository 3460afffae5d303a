package org.mandate.signer.remote;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * AWS Signature Version 4 of one request without a query, as "Signing AWS API requests" in AWS's
 * IAM guide has it.
 *
 * @param service such as {@code kms}
 * @param headers names in lower case; {@code host} and {@code x-amz-date} are added
 */
record AwsRequest(
    String method,
    URI url,
    String region,
    String service,
    Map<String, String> headers,
    byte[] body) {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);
  private static final HexFormat HEX = HexFormat.of();

  /** All headers to send, {@code authorization} among them; without {@code host}. */
  SortedMap<String, String> signed(AwsCredentials.Credentials credentials, Instant now) {
    String time = TIME.format(now);
    String day = time.substring(0, 8);
    SortedMap<String, String> all = new TreeMap<>(headers);
    all.put("host", host());
    all.put("x-amz-date", time);
    credentials.sessionToken().ifPresent(token -> all.put("x-amz-security-token", token));
    String names = String.join(";", all.keySet());
    String canonical =
        String.join(
            "\n",
            method,
            url.getRawPath().isEmpty() ? "/" : url.getRawPath(),
            "",
            all.entrySet().stream()
                .map(header -> header.getKey() + ":" + header.getValue().strip() + "\n")
                .collect(Collectors.joining()),
            names,
            HEX.formatHex(sha256(body)));
    String scope = String.join("/", day, region, service, "aws4_request");
    String toSign =
        String.join("\n", "AWS4-HMAC-SHA256", time, scope, HEX.formatHex(sha256(utf8(canonical))));
    byte[] key = utf8("AWS4" + credentials.secretAccessKey());
    for (String part : new String[] {day, region, service, "aws4_request"}) {
      key = hmac(key, part);
    }
    all.put(
        "authorization",
        "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s"
            .formatted(credentials.accessKeyId(), scope, names, HEX.formatHex(hmac(key, toSign))));
    all.remove("host"); // the HTTP client sets it
    return all;
  }

  /** As the HTTP client sends it: without the scheme's usual port. */
  private String host() {
    int usual = "https".equals(url.getScheme()) ? 443 : 80;
    return url.getHost() + (url.getPort() < 0 || url.getPort() == usual ? "" : ":" + url.getPort());
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] sha256(byte[] input) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(input);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] hmac(byte[] key, String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(utf8(text));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
