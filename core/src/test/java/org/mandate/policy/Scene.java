package org.mandate.policy;

import java.math.BigInteger;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;

/**
 * A moment, and what each foreign contract answers then, whatever it is asked: as code for the
 * chain, as answers for the evaluator. Counts which answers a judgement met.
 *
 * @param met how often each was asked, by asker and label
 */
record Scene(long now, Map<Address, Said> contracts, Map<String, Integer> met) implements Answers {
  /** What a contract does when it is called. */
  enum Manner {
    SAYS,
    REVERTS,
    BURNS,
    ABSENT
  }

  /**
   * @param label names the answer in the counts
   */
  record Said(String label, Manner manner, Bytes bytes) {
    static Said absent() {
      return new Said("no code", Manner.ABSENT, Bytes.EMPTY);
    }

    static Said burning() {
      return new Said("burns its gas", Manner.BURNS, Bytes.EMPTY);
    }

    static Said words(String label, BigInteger... words) {
      return new Said(label, Manner.SAYS, encoded(words));
    }

    static Bytes encoded(BigInteger... words) {
      StringBuilder hex = new StringBuilder("0x");
      for (BigInteger word : words) {
        hex.append("%064x".formatted(word.mod(BigInteger.TWO.pow(256))));
      }
      return Bytes.of(hex.toString());
    }

    /** Runtime code that does it. */
    String code() {
      return switch (manner) {
        // PUSH2 size, PUSH1 12, PUSH0, CODECOPY, PUSH2 size, PUSH0, RETURN or REVERT
        case SAYS, REVERTS ->
            "0x61%04x600c5f3961%04x5f%s%s"
                .formatted(
                    bytes.size(),
                    bytes.size(),
                    manner == Manner.SAYS ? "f3" : "fd",
                    bytes.hex().substring(2));
        case BURNS -> "0x5b5f56"; // JUMPDEST, PUSH0, JUMP
        case ABSENT -> "0x";
      };
    }
  }

  /** State overrides of an {@code eth_call} at this moment. */
  Map<String, Map<String, String>> state() {
    Map<String, Map<String, String>> state = new LinkedHashMap<>();
    contracts.forEach((address, said) -> state.put(address.hex(), Map.of("code", said.code())));
    return state;
  }

  /** The same moment, whose answers nobody counts. */
  Scene uncounted() {
    return new Scene(now, contracts, new HashMap<>());
  }

  @Override
  public Bytes to(Question question) {
    Said said = contracts.get(question.contract());
    met.merge(question.asker() + " " + said.label(), 1, Integer::sum);
    return said.manner() == Manner.SAYS ? said.bytes() : Bytes.EMPTY;
  }

  @Override
  public boolean isContract(Address address) {
    Said said = contracts.get(address);
    return said != null && said.manner() != Manner.ABSENT;
  }
}
