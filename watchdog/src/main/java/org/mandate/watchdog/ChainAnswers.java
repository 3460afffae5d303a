package org.mandate.watchdog;

import java.util.Map;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.CallRevertedException;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Deployment;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;
import org.mandate.policy.Answers;

/**
 * What other contracts answer, as they stood at the end of one block. They are asked by whom, and
 * with the gas, as our contracts ask them, whose word is not needed for it.
 *
 * <p>A node takes no call whose gas is below what its data costs by itself (EIP-7623): with so much
 * data a contract cannot be asked from outside with as little gas as ours give it, and what it
 * would answer is not known.
 */
final class ChainAnswers implements Answers {
  // What a call costs before the contract runs (EIP-2028).
  private static final long CALL_GAS = 21_000;
  private static final long ZERO_BYTE_GAS = 4;
  private static final long BYTE_GAS = 16;

  private final ChainClient chain;
  private final Hash block;
  private final Map<Asker, Address> askers;

  /**
   * @param home where the contracts stand that ask
   */
  ChainAnswers(ChainClient chain, Hash block, Deployment home) {
    this.chain = chain;
    this.block = block;
    this.askers =
        Map.of(
            Asker.RULE_BOOK, home.address("RuleBook"),
            Asker.REPUTATION_RULE, home.address("ReputationRule"),
            Asker.PRICE_FEEDS, home.address("PriceFeeds"),
            Asker.APPROVERS, home.address("Approvers"));
  }

  @Override
  public Bytes to(Question question) {
    byte[] data = question.data().bytes();
    Address asker = askers.get(question.asker());
    long gas = intrinsic(data) + stipend(question.asker());
    try {
      return Bytes.of(chain.call(asker, question.contract(), data, gas, block));
    } catch (CallRevertedException | NodeException e) {
      Probe.mustMake(
          "with %d bytes and %d gas".formatted(data.length, gas),
          nobody -> chain.call(asker, nobody, data, gas, block));
      return Bytes.EMPTY;
    }
  }

  @Override
  public boolean isContract(Address address) {
    return !chain.code(address, block).isEmpty();
  }

  private static long intrinsic(byte[] data) {
    long gas = CALL_GAS;
    for (byte one : data) {
      gas += one == 0 ? ZERO_BYTE_GAS : BYTE_GAS;
    }
    return gas;
  }

  private static long stipend(Asker asker) {
    return switch (asker) {
      case RULE_BOOK -> 150_000;
      // What is left of its own stipend, about.
      case REPUTATION_RULE -> 120_000;
      case PRICE_FEEDS -> 60_000;
      case APPROVERS -> 500_000;
    };
  }
}
