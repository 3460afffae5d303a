package org.mandate.signer;

import java.util.Set;
import org.mandate.chain.Address;

/**
 * What a key may be used for. Checked right before the key signs, against what was configured and
 * never against what a database or a node says.
 */
public interface SigningPolicy {
  /**
   * @param key whose signature it would be
   * @throws SigningRefusedException when the key does not sign this
   */
  void check(Address key, Transactions.Request transaction);

  /**
   * @param key whose signature it would be
   * @throws SigningRefusedException when the key does not sign this
   */
  void check(Address key, TypedData.Message message);

  /**
   * Of a person who orders one thing at a time and sees what: any transaction, and of messages
   * those that people and agents sign. Never a relayer's word that something was sent.
   */
  static SigningPolicy ofPerson() {
    return new SigningPolicy() {
      private static final Set<String> DOMAINS =
          Set.of("Mandate", "AgentRegistry", "MandateApprovers");

      @Override
      public void check(Address key, Transactions.Request transaction) {
        // A person may send anything anywhere; the command shows what.
      }

      @Override
      public void check(Address key, TypedData.Message message) {
        if (!DOMAINS.contains(message.domain().name())) {
          throw new SigningRefusedException(
              "%s does not sign %s: by rule DOMAIN, a person signs messages of %s only"
                  .formatted(key, message, String.join(", ", DOMAINS.stream().sorted().toList())));
        }
      }
    };
  }
}
