package org.mandate.cli;

import java.math.BigInteger;
import org.mandate.chain.Address;
import org.mandate.deploy.Sender;

/** Who may stop at once what belongs to no agent. */
public final class Guardian {
  private Guardian() {}

  /** Whether it is one on that chain. No agent has the number 0: guardians are asked for. */
  public static boolean is(Chain chain, Address account) {
    return Sender.read(
        "whether " + account + " is a guardian",
        () -> chain.registry().isTightener(BigInteger.ZERO, account.hex()).send());
  }

  /**
   * Refuses before anything is sent.
   *
   * @throws Failure when the account is none
   */
  public static void require(Chain chain, Address account) {
    if (!is(chain, account)) {
      throw new Failure(
          ExitCode.REFUSED,
          "%s is no guardian on chain %s, who alone may do that at once: use a guardian's key, or have governance do it"
              .formatted(account, chain.deployment().chainId()));
    }
  }
}
