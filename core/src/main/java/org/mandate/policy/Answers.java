package org.mandate.policy;

import org.mandate.chain.Address;
import org.mandate.chain.Bytes;

/**
 * What contracts that nobody vouches for answer: what only the chain knows, and so an input of a
 * judgement. Whether an answer counts, the rules decide.
 */
public interface Answers {
  /** Nobody answers. */
  Answers NONE =
      new Answers() {
        @Override
        public Bytes to(Question question) {
          return Bytes.EMPTY;
        }

        @Override
        public boolean isContract(Address address) {
          return false;
        }
      };

  /** Who asks, as {@code msg.sender} of the question; it also bounds the gas of the answer. */
  enum Asker {
    RULE_BOOK,
    REPUTATION_RULE,
    PRICE_FEEDS,
    APPROVERS
  }

  /**
   * A static call.
   *
   * @param data call data
   */
  record Question(Asker asker, Address contract, Bytes data) {}

  /** All that it answers; empty when it fails, needs too much gas, has no code, or says nothing. */
  Bytes to(Question question);

  /** Whether the address has code. */
  boolean isContract(Address address);
}
