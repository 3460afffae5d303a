package org.mandate.intent;

import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.signer.Signature;
import org.mandate.signer.Signer;

/**
 * An intent and its agent's signature.
 *
 * @param signature 65 bytes {@code r ‖ s ‖ v} of a key; anything that an ERC-1271 contract takes,
 *     when the agent's wallet is one
 */
public record SignedIntent(Intent intent, Bytes signature) {
  public static SignedIntent sign(Intent intent, IntentDomain domain, Signer agent) {
    return new SignedIntent(intent, Bytes.of(agent.sign(intent.message(domain)).bytes()));
  }

  /**
   * Whose key signed; empty when the signature is not of a key. Whether that key is the agent's,
   * only the registry knows.
   */
  public Optional<Address> recoverSigner(IntentDomain domain) {
    if (signature.size() != Signature.SIZE) {
      return Optional.empty();
    }
    try {
      return Signature.of(signature).recover(intent.id(domain));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
