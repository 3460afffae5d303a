package org.mandate.cli.order;

import java.math.BigInteger;
import java.util.List;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.cli.Chain;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;
import org.mandate.cli.Output;
import org.mandate.cli.ProposalOptions;
import org.mandate.contracts.RemoteGovernance;
import org.mandate.deploy.Call;
import org.mandate.deploy.Sender;

/** Proposes at home that its RemoteGovernance orders calls elsewhere. */
final class Ordering {
  private Ordering() {}

  static ExitCode propose(
      Chain home,
      BigInteger chainId,
      List<RemoteGovernance.Call> calls,
      byte[] salt,
      String what,
      ProposalOptions proposal,
      Output output) {
    if (chainId.equals(home.deployment().chainId())) {
      throw new Failure(
          ExitCode.USAGE,
          "chain %s is home, which needs no order: propose the calls there".formatted(chainId));
    }
    List<?> known = Sender.read("chains", () -> home.account().chainIds().send());
    if (!known.contains(chainId)) {
      throw new Failure(
          ExitCode.USAGE, "chain %s is not of this deployment: %s are".formatted(chainId, known));
    }
    var orders = new Orders(home);
    var contract = orders.contract();
    var id = Hash.of(Sender.read("order's id", () -> contract.idOf(chainId, calls, salt).send()));
    output.line("order %s for chain %s: %d calls", id, chainId, calls.size());
    var json =
        Output.object()
            .put("orderId", id.hex())
            .put("chainId", chainId.toString())
            .put("salt", Bytes.of(salt).hex());
    var ordered = json.putArray("ordered");
    calls.forEach(one -> ordered.add(Orders.json(one)));
    var text =
        "Chain %s: %s %s, as of block %d"
            .formatted(chainId, what, id, home.client().head().number());
    proposal.proceed(
        home,
        List.of(
            Call.of(
                "%s %s of %d calls on chain %s".formatted(what, id, calls.size(), chainId),
                orders.address().hex(),
                contract.order(chainId, calls, salt))),
        text,
        output,
        json);
    output.json(json);
    return ExitCode.OK;
  }
}
