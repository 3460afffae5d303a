package org.mandate.chain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mandate.testing.Tools;

class RevertReasonTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ExecutorNonceUsed(uint256,uint256)|7,9|ExecutorNonceUsed(agentId 7, nonce 9)",
        "ExecutorPastDeadline(uint64,uint256)|18446744073709551615,5|ExecutorPastDeadline(deadline 18446744073709551615, now 5)",
        "GatewaySameChain()||GatewaySameChain()",
        "ExecutorResultStale(bytes32,uint256)|0x00000000000000000000000000000000000000000000000000000000000000aa,1800000000"
            + "|ExecutorResultStale(intentId 0x00000000000000000000000000000000000000000000000000000000000000aa, closedAt 1800000000)",
        "AccessManagedUnauthorized(address)|0x00000000000000000000000000000000000000aa"
            + "|AccessManagedUnauthorized(caller 0x00000000000000000000000000000000000000aa)",
        "Error(string)|no, thanks|no, thanks",
        "Panic(uint256)|17|panic: arithmetic overflow",
        "Panic(uint256)|115792089237316195423570985008687907853269984665640564039457584007913129639935"
            + "|panic: code 115792089237316195423570985008687907853269984665640564039457584007913129639935"
      })
  void L12_shouldSayTheErrorInWords(String signature, String arguments, String words) {
    assertEquals(words, RevertReason.decode(encode(signature, arguments)));
  }

  @Test
  void L12_shouldSayAStructFieldByField() {
    String data =
        Tools.cast(
                "calldata",
                "ExecutorRefused(bytes32,(uint8,bool,uint8,uint64,uint256,uint256,uint64,address))",
                "0x" + "ab".repeat(32),
                "(12,false,3,0,1000,5,1700000000,0x00000000000000000000000000000000000000aa)")
            .getFirst();
    assertEquals(
        "ExecutorRefused(intentId 0x"
            + "ab".repeat(32)
            + ", rule 12, tripped false, tier 3, eta 0, limit 1000, left 5, availableAt 1700000000,"
            + " source 0x00000000000000000000000000000000000000aa)",
        RevertReason.decode(Bytes.of(data).bytes()));
  }

  @Test
  void shouldShowTheBytesWhenTheErrorIsUnknown() {
    assertEquals(
        "unknown error 0xdeadbeef01", RevertReason.decode(Bytes.of("0xdeadbeef01").bytes()));
    assertEquals("0xdead", RevertReason.decode(Bytes.of("0xdead").bytes()));
    assertEquals("without a reason", RevertReason.decode(new byte[0]));
  }

  @Test
  void shouldShowTheBytesWhenTheErrorIsCutOff() {
    byte[] whole = encode("ExecutorNonceUsed(uint256,uint256)", "7,9");
    String cut = RevertReason.decode(Arrays.copyOf(whole, 40));
    assertTrue(cut.startsWith("unknown error 0x"), cut);
  }

  @Property
  void shouldAnswerBrieflyWhateverARevertHolds(@ForAll byte[] data) {
    for (String known : new String[] {"", "0x08c379a0", "0x4e487b71"}) {
      byte[] selector = known.isEmpty() ? new byte[0] : Bytes.of(known).bytes();
      byte[] all = Arrays.copyOf(selector, selector.length + data.length);
      System.arraycopy(data, 0, all, selector.length, data.length);
      String words = RevertReason.decode(all);
      assertNotNull(words);
      assertTrue(words.length() < 1000);
    }
  }

  private static byte[] encode(String signature, String arguments) {
    String[] values =
        arguments == null
            ? new String[0]
            : signature.contains("string") ? new String[] {arguments} : arguments.split(",");
    String[] command = new String[2 + values.length];
    command[0] = "calldata";
    command[1] = signature;
    System.arraycopy(values, 0, command, 2, values.length);
    return Bytes.of(Tools.cast(command).getFirst()).bytes();
  }
}
