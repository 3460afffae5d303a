package org.mandate.cli.local;

import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.cli.Output;
import org.mandate.intent.Intent;
import org.mandate.policy.Panel;
import org.mandate.signer.Signer;

/** What people sign who agree to a payment. */
public final class Approvals {
  private Approvals() {}

  /**
   * What a relayer's {@code POST /v1/intents/ID/approvals} takes; it holds as long as the intent.
   */
  public static String json(Town town, Intent intent, Hash id, Signer approver) {
    var home = town.home().deployment();
    var signature =
        approver.sign(
            Panel.approval(
                home.homeChainId(),
                home.address("Approvers"),
                intent.agentId(),
                id,
                approver.address(),
                intent.deadline()));
    return Output.object()
        .put("approver", approver.address().hex())
        .put("signature", Bytes.of(signature.bytes()).hex())
        .put("deadline", intent.deadline().toString())
        .toString();
  }
}
