package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Deployment;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;
import org.mandate.policy.Answers;

/** What contracts answer, asked of a real node, which charges for call data as EIP-7623 says. */
class ChainAnswersTest {
  private static final Address CONTRACT = Address.of("0x00000000000000000000000000000000000c0de0");

  /** What the opcode GAS costs. */
  private static final long READING_IT = 2;

  private static final long SIGNATURE_GAS = 500_000;

  private static Anvil chain;

  @BeforeAll
  static void start() {
    chain = Anvil.start(31337);
  }

  @AfterAll
  static void end() {
    chain.close();
  }

  @Test
  void L8_shouldGiveAContractExactlyTheGasThatOursGiveIt() {
    code("5a5f5260205ff3"); // how much gas it has
    for (String data :
        new String[] {"", "00".repeat(20_000), "ff".repeat(20_000), "00ff".repeat(9)}) {
      assertEquals(
          BigInteger.valueOf(SIGNATURE_GAS - READING_IT),
          new BigInteger(1, ask(data).bytes()),
          data.length() / 2 + " bytes");
    }
  }

  @Test
  void L4_shouldNotTakeARefusalOfTheNodeForTheContracts() {
    code("5a5f5260205ff3");
    NodeException refused = assertThrows(NodeException.class, () -> ask("ff".repeat(21_000)));
    assertTrue(refused.getMessage().contains("21000 bytes"), refused.getMessage());
  }

  @Test
  void L11_shouldTakeWhateverFailsInAContractForNoAnswer() {
    // Reverts; an invalid opcode; a jump to nowhere; endless.
    for (String code : new String[] {"5f5ffd", "fe", "5f56", "5b5f56"}) {
      code(code);
      assertEquals(Bytes.EMPTY, ask("ff"), code);
    }
  }

  @Test
  void L7_shouldAskAgainForATransactionThatANodeDoesNotShow() {
    var court =
        new PolicyExaminer.Court(chain.client, deployment(), block -> true, Duration.ofMillis(1));
    Hash hidden = Hash.keccak("not there");
    NodeException silent = assertThrows(NodeException.class, () -> court.transaction(hidden));
    assertTrue(silent.getMessage().contains(hidden.toString()), silent.getMessage());
  }

  private static void code(String code) {
    chain.rpc("anvil_setCode", CONTRACT.hex(), "0x" + code);
  }

  private static Bytes ask(String data) {
    return new ChainAnswers(chain.client, chain.client.head().hash(), deployment())
        .to(new Answers.Question(Answers.Asker.APPROVERS, CONTRACT, Bytes.of("0x" + data)));
  }

  private static Deployment deployment() {
    Map<String, Deployment.Contract> contracts =
        Stream.of("RuleBook", "ReputationRule", "PriceFeeds", "Approvers")
            .collect(
                Collectors.toMap(
                    name -> name,
                    name ->
                        new Deployment.Contract(
                            Address.of("0x%040x".formatted(name.hashCode() & 0xffffff)),
                            Hash.keccak(""),
                            Bytes.EMPTY)));
    return new Deployment(BigInteger.valueOf(31337), BigInteger.valueOf(31337), 0, contracts);
  }
}
