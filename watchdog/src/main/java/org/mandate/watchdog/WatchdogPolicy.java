package org.mandate.watchdog;

import java.math.BigInteger;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mandate.chain.Address;
import org.mandate.chain.Deployment;
import org.mandate.signer.ServicePolicy;
import org.mandate.signer.ServicePolicy.Calls;
import org.mandate.signer.ServicePolicy.ChainLimits;
import org.mandate.signer.SigningPolicy;

/**
 * What a watchdog's key is for: what stops and disputes, in the contracts of the deployment files,
 * with no more coins than dispute bonds, at the configured fees. Bonds that come back and rewards
 * go to the key itself. It signs no messages.
 */
final class WatchdogPolicy {
  private static final String INTENT =
      "(uint256,address,uint256,address,address,uint256,bytes,uint256,uint64)";
  private static final String MESSAGE = "(uint256,uint256,bytes,bytes,bytes)";
  private static final String PROOF = "(bytes,bytes[],bytes[])";

  private static final String WITHDRAW = "withdrawBonds(address)";

  private static final String[] EXECUTOR = {
    "dispute(" + INTENT + ")",
    WITHDRAW,
    "pause(uint256)",
    "closeGateway(address)",
    "dropResult(bytes32)",
    "confirm(" + INTENT + "," + PROOF + ")",
    "refute(" + MESSAGE + "," + PROOF + ")"
  };
  private static final Calls ACCOUNT = Calls.of("freeze(uint256)", "stop(uint8,uint256)");
  private static final String UNDISPATCHED =
      "slashUndispatched(" + MESSAGE + ",bytes32[],bytes,address)";
  private static final String EQUIVOCATION =
      "slashEquivocation(" + MESSAGE + ",bytes32[],bytes," + MESSAGE + ",bytes32[],bytes,address)";
  private static final Calls BONDS =
      Calls.of("rebond(address)", UNDISPATCHED, EQUIVOCATION)
          .payingItself(UNDISPATCHED, 3)
          .payingItself(EQUIVOCATION, 6);
  private static final Calls GOVERNANCE =
      Calls.of(
          "veto(bytes32)",
          "closeGateway(address)",
          "confirm(" + MESSAGE + "," + PROOF + ")",
          "refute(bytes32," + MESSAGE + "," + PROOF + ")");
  private static final Calls HASHES = Calls.of("retract(uint256)");

  private WatchdogPolicy() {}

  static SigningPolicy of(WatchdogConfig config, List<Link> links) {
    Map<BigInteger, ChainLimits> chains = new HashMap<>();
    links.forEach(
        link ->
            chains.put(
                link.deployment().chainId(),
                new ChainLimits(
                    calls(link.deployment(), config.disputeBonds()),
                    config.maxFeePerGas(),
                    config.maxTipPerGas(),
                    Enforcer.MAX_GAS)));
    return new ServicePolicy(chains, Set.of());
  }

  private static Map<Address, Calls> calls(Deployment deployment, BigInteger bonds) {
    Map<Address, Calls> calls = new HashMap<>();
    calls.put(deployment.executor(), Calls.of(EXECUTOR).paying(bonds).payingItself(WITHDRAW, 0));
    calls.put(deployment.account(), ACCOUNT);
    deployment.relayerBonds().ifPresent(at -> calls.put(at, BONDS));
    deployment.remoteGovernance().ifPresent(at -> calls.put(at, GOVERNANCE));
    deployment.postedHashes().ifPresent(at -> calls.put(at, HASHES));
    return calls;
  }
}
