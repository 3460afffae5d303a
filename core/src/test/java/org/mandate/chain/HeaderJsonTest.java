package org.mandate.chain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mandate.testing.Anvil;

class HeaderJsonTest {
  private static final Map<String, String> OTHER_FORMS =
      Map.of(
          "nonce", "0x0000000000000001", "extraData", "0x01", "logsBloom", "0x" + "01".repeat(256));

  @ParameterizedTest
  @ValueSource(strings = {"london", "paris", "shanghai", "cancun", "prague", "osaka"})
  void shouldMakeTheBlocksHashWhateverItsForkAppended(String fork) {
    try (Anvil anvil = Anvil.start(31337, "--hardfork", fork)) {
      anvil.send(Address.of("0x" + "42".repeat(20)), Bytes.EMPTY);
      anvil.mine(2);
      for (long number = 0; number <= 3; number++) {
        Block block = anvil.client().block(number).orElseThrow();
        assertEquals(
            block.hash(),
            Hash.keccak(anvil.client().header(block.hash()).orElseThrow().bytes()),
            fork + ", block " + number);
      }
      assertTrue(anvil.client().header(Hash.keccak("no such block")).isEmpty());
    }
  }

  /** Each field changed, left out, of another kind: the hash, or the field's form, refuses it. */
  @Test
  void shouldRefuseWhenAnyFieldIsNotTheBlocks() {
    try (Anvil anvil = Anvil.start(31337)) {
      anvil.mine(1);
      JsonNode honest = anvil.rpc("eth_getBlockByNumber", "0x1", false);
      Hash hash = Hash.of(honest.get("hash").textValue());
      HeaderJson.header(honest, hash);
      List<String> fields =
          List.of(
              "parentHash",
              "sha3Uncles",
              "miner",
              "stateRoot",
              "transactionsRoot",
              "receiptsRoot",
              "logsBloom",
              "difficulty",
              "number",
              "gasLimit",
              "gasUsed",
              "timestamp",
              "extraData",
              "mixHash",
              "nonce",
              "baseFeePerGas",
              "withdrawalsRoot",
              "blobGasUsed",
              "excessBlobGas",
              "parentBeaconBlockRoot",
              "requestsHash");
      for (String field : fields) {
        assertTrue(honest.hasNonNull(field), field);
        String was = honest.get(field).textValue();
        String other =
            OTHER_FORMS.getOrDefault(
                field, was.substring(0, was.length() - 1) + (was.endsWith("1") ? "2" : "1"));
        for (String wrong : List.of(other, "", "0x", "0xzz", was + "00", "0x" + "f".repeat(70))) {
          if (wrong.equals(was) || wrong.equals("0x000")) {
            continue; // no extra data; another zero
          }
          ObjectNode altered = honest.deepCopy();
          altered.put(field, wrong);
          assertThrows(
              IllegalArgumentException.class,
              () -> HeaderJson.header(altered, hash),
              field + " " + wrong);
        }
        ObjectNode without = honest.deepCopy();
        without.remove(field);
        assertThrows(IllegalArgumentException.class, () -> HeaderJson.header(without, hash), field);
        ObjectNode number = honest.deepCopy();
        number.put(field, 1);
        assertThrows(IllegalArgumentException.class, () -> HeaderJson.header(number, hash), field);
      }
    }
  }
}
