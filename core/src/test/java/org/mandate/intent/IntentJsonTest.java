package org.mandate.intent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.function.Consumer;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class IntentJsonTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @Provide
  Arbitrary<Intent> intents() {
    return Intents.any();
  }

  @Property
  void shouldComeBackWhenWritten(@ForAll("intents") Intent intent) throws JsonProcessingException {
    assertEquals(intent, IntentJson.read(JSON.readTree(IntentJson.write(intent).toString())));
  }

  @Test
  void L12_shouldNameEveryFieldThatIsWrong() {
    refuses(
        json -> {
          json.remove("to");
          json.put("amount", 5);
          json.put("nonce", "-1");
          json.put("agentId", "0x1");
          json.put("asset", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed");
          json.put("data", "0xf");
          json.put("memo", "for lunch");
        },
        "memo: no such field",
        "to: missing",
        "amount: not a string",
        "nonce: not a decimal",
        "agentId: not a decimal",
        "asset: address",
        "data: not bytes");
    refuses(json -> json.put("amount", "01"), "amount");
    refuses(json -> json.put("amount", "1e3"), "amount");
    refuses(json -> json.put("amount", "١"), "amount");
    refuses(json -> json.putNull("amount"), "amount");
    refuses(json -> json.put("amount", "9".repeat(78)), "amount");
    refuses(json -> json.put("deadline", "18446744073709551616"), "deadline");
    refuses(json -> json.put("data", "0x" + "00".repeat(200_000)), "data");
    assertThrows(IllegalArgumentException.class, () -> IntentJson.read(JSON.createArrayNode()));
  }

  private static void refuses(Consumer<ObjectNode> damage, String... words) {
    ObjectNode json = IntentJson.write(Intents.payment());
    damage.accept(json);
    var refused = assertThrows(IllegalArgumentException.class, () -> IntentJson.read(json));
    for (String word : words) {
      assertTrue(refused.getMessage().contains(word), refused.getMessage());
    }
    assertTrue(refused.getMessage().length() < 1500);
  }
}
