package org.mandate.audit;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.erdtman.jcs.JsonCanonicalizer;

/**
 * JSON in its canonical form, RFC 8785 (JCS): one value has one sequence of bytes, and so one hash.
 *
 * <p>Numbers are IEEE 754 doubles in that form, so integers beyond 2^53 lose digits: whoever writes
 * a blob writes such values as decimal strings.
 */
public final class CanonicalJson {
  private static final int MAX_DEPTH = 64;
  private static final ObjectMapper MAPPER = mapper();

  private CanonicalJson() {}

  /** An empty JSON object to fill. */
  public static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /** The canonical bytes of {@code value}, UTF-8. */
  public static byte[] bytes(JsonNode value) {
    try {
      return new JsonCanonicalizer(MAPPER.writeValueAsString(value)).getEncodedUTF8();
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "this value has no canonical JSON form (RFC 8785): " + e.getMessage(), e);
    }
  }

  /**
   * Reads bytes that must be the canonical form of an object.
   *
   * @throws MalformedBlobException when they are not UTF-8, not JSON, not an object, or not
   *     canonical: then the same value could have a second hash
   */
  public static ObjectNode parseObject(byte[] bytes) {
    JsonNode node;
    try {
      String text =
          StandardCharsets.UTF_8
              .newDecoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .decode(ByteBuffer.wrap(bytes))
              .toString();
      node = MAPPER.readTree(text);
    } catch (CharacterCodingException e) {
      throw new MalformedBlobException("not UTF-8");
    } catch (IOException e) {
      throw new MalformedBlobException("not JSON: " + firstLine(e.getMessage()));
    }
    if (!(node instanceof ObjectNode object)) {
      throw new MalformedBlobException("not a JSON object");
    }
    if (!Arrays.equals(bytes, canonicalOrEmpty(object))) {
      throw new MalformedBlobException("not in canonical form (RFC 8785)");
    }
    return object;
  }

  private static byte[] canonicalOrEmpty(ObjectNode object) {
    try {
      return bytes(object);
    } catch (IllegalArgumentException e) {
      return new byte[0];
    }
  }

  private static String firstLine(String message) {
    return message == null ? "" : message.lines().findFirst().orElse("");
  }

  private static ObjectMapper mapper() {
    ObjectMapper mapper =
        JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .build();
    mapper
        .getFactory()
        .setStreamReadConstraints(
            StreamReadConstraints.builder()
                .maxNestingDepth(MAX_DEPTH)
                .maxStringLength(2 * BlobSource.MAX_BYTES) // a blob in base64
                .build());
    return mapper;
  }
}
