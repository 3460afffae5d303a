package org.mandate.cli;

import java.math.BigInteger;
import org.mandate.chain.Address;
import org.mandate.deploy.Sender;
import org.mandate.policy.AgentStatus;

/**
 * Who may stop or tighten an agent at once: a guardian; once governance admitted it, its owner and
 * its own key.
 */
public final class Tightener {
  private Tightener() {}

  /**
   * Refuses before anything is sent.
   *
   * @throws Failure when the account is none of them, or the agent is pending and the account no
   *     guardian
   */
  public static void require(Chain chain, BigInteger agentId, Address account) {
    if (!Sender.read(
        "whether " + account + " may tighten",
        () -> chain.registry().isTightener(agentId, account.hex()).send())) {
      requireAdmitted(chain, agentId); // of others only guardians are
      throw new Failure(
          ExitCode.REFUSED,
          "%s is neither guardian nor owner nor key of agent %s, who alone may stop it at once: use one of their keys, or have governance do it"
              .formatted(account, agentId));
    }
  }

  /**
   * Refuses what is pointless for an agent that governance never admitted, before anything is sent.
   *
   * @throws Failure when the agent is pending
   */
  public static void requireAdmitted(Chain chain, BigInteger agentId) {
    var agent = Sender.read("agent " + agentId, () -> chain.registry().agent(agentId).send());
    if (agent.component2().intValueExact() == AgentStatus.PENDING.ordinal()) {
      throw new Failure(
          ExitCode.REFUSED,
          "agent %s is pending: governance never admitted it, so nothing of it can be carried out and there is nothing to stop; mandate agent wallet unset takes its key away"
              .formatted(agentId));
    }
  }
}
