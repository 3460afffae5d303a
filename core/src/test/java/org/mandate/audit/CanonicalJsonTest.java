package org.mandate.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.apicatalog.jcs.JsonCanonicalizer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import jakarta.json.Json;
import jakarta.json.JsonReader;
import java.io.StringReader;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CanonicalJsonTest {
  @Test
  void shouldGiveTheExampleOfTheRfc() throws Exception {
    // RFC 8785, section 3.2.2 and 3.2.3
    String input =
        """
        {"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
         "string": "\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\"\\/",
         "literals": [null, true, false]}""";
    String expected =
        "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
            + "\"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}";
    assertEquals(
        expected, new String(CanonicalJson.bytes(new ObjectMapper().readTree(input)), UTF_8));
  }

  /**
   * Without negative numbers and U+007F, which titanium-jcs 1.0.0 writes as exponents and as an
   * escape, against the RFC.
   */
  @Test
  void shouldAgreeWithAnIndependentImplementation() {
    Random random = new Random(8785);
    for (int i = 0; i < 2_000; i++) {
      ObjectNode value = randomObject(random, 3);
      try (JsonReader reader = Json.createReader(new StringReader(value.toString()))) {
        assertEquals(
            JsonCanonicalizer.canonize(reader.readValue()),
            new String(CanonicalJson.bytes(value), UTF_8),
            () -> "for " + value);
      }
    }
  }

  @Test
  void shouldReadItsOwnBytes() {
    Random random = new Random(4);
    for (int i = 0; i < 500; i++) {
      byte[] bytes = CanonicalJson.bytes(randomObject(random, 3));
      assertArrayEquals(bytes, CanonicalJson.bytes(CanonicalJson.parseObject(bytes)));
    }
  }

  @Test
  void shouldRefuseEveryOtherFormOfTheSameValue() {
    CanonicalJson.parseObject("{\"a\":1,\"b\":\"x\"}".getBytes(UTF_8));
    List<String> bad =
        List.of(
            "{\"b\":\"x\",\"a\":1}",
            "{\"a\":1, \"b\":\"x\"}",
            "{\"a\":1.0,\"b\":\"x\"}",
            "{\"a\":1,\"a\":1,\"b\":\"x\"}",
            "{\"a\":1,\"b\":\"\\u0078\"}",
            "{\"a\":1,\"b\":\"x\"} ",
            "{\"a\":1,\"b\":\"x\"}{}",
            "\ufeff{\"a\":1,\"b\":\"x\"}",
            "{\"a\":12345678901234567890,\"b\":\"x\"}",
            "[1]",
            "\"x\"",
            "",
            "{",
            "{\"a\":NaN}",
            "{\"a\":1e400}",
            "{\"a\":".repeat(100) + "1" + "}".repeat(100));
    for (String text : bad) {
      assertThrows(
          MalformedBlobException.class,
          () -> CanonicalJson.parseObject(text.getBytes(UTF_8)),
          text);
    }
    assertThrows(
        MalformedBlobException.class,
        () -> CanonicalJson.parseObject(new byte[] {'{', '"', (byte) 0xff, '"', ':', '1', '}'}));
  }

  private static ObjectNode randomObject(Random random, int depth) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    int fields = random.nextInt(6);
    for (int i = 0; i < fields; i++) {
      String key = randomText(random);
      switch (random.nextInt(depth == 0 ? 4 : 6)) {
        case 0 -> object.put(key, random.nextInt(Integer.MAX_VALUE));
        case 1 -> object.put(key, randomText(random));
        case 2 -> object.put(key, random.nextBoolean());
        case 3 -> object.put(key, (long) (random.nextDouble() * (1L << 53)));
        case 4 -> object.set(key, randomObject(random, depth - 1));
        default -> {
          ArrayNode array = object.putArray(key);
          for (int j = random.nextInt(4); j > 0; j--) {
            array.add(randomText(random)).add(randomObject(random, depth - 1));
          }
        }
      }
    }
    return object;
  }

  private static String randomText(Random random) {
    int length = random.nextInt(8);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      int c =
          switch (random.nextInt(6)) {
            case 0 -> random.nextInt(0x20);
            case 1 -> "\"\\/<>&\u2028".charAt(random.nextInt(7));
            case 2 -> 0x80 + random.nextInt(0x800);
            case 3 -> 0x1f300 + random.nextInt(0x200);
            default -> ' ' + random.nextInt(95);
          };
      text.appendCodePoint(c);
    }
    return text.toString();
  }
}
