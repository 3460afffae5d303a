package org.mandate.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CidTest {
  @Test
  void shouldGiveTheKnownCids() {
    assertEquals(
        "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku",
        Cid.of(new byte[0]).toString());
    assertEquals(
        "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e",
        Cid.of("hello world".getBytes(UTF_8)).toString());
  }

  @Test
  void shouldReadWhatItWrites() {
    Random random = new Random(1);
    for (int i = 0; i < 500; i++) {
      byte[] blob = new byte[random.nextInt(100)];
      random.nextBytes(blob);
      Cid cid = Cid.of(blob);
      assertEquals(cid, Cid.parse(cid.toString()));
      assertTrue(cid.names(blob));
      assertFalse(cid.names((i + "x").getBytes(UTF_8)));
    }
  }

  @Test
  void shouldRefuseEverythingElse() {
    String good = Cid.of(new byte[0]).toString();
    List<String> bad =
        List.of(
            "",
            "b",
            good.substring(1),
            good + "a",
            good.substring(0, 58),
            good.toUpperCase(Locale.ROOT),
            " " + good,
            good + "=",
            good.substring(0, 58) + "v", // unused bits set: a second name for the same digest
            good.substring(0, 58) + "0", // not in the alphabet
            "bafybeihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku", // dag-pb
            "QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH", // CIDv0
            "zb2rhe5P4gXftAwvA4eXQ5HJwsER2owDyS9sKaQRRVQPn93bA", // base58
            "bafkqaaa", // identity
            "../../../../../../../../../../../../../../../../etc/passwd00");
    for (String text : bad) {
      assertThrows(IllegalArgumentException.class, () -> Cid.parse(text), text);
    }
  }
}
