package org.mandate.relayer.send;

import java.math.BigInteger;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.mandate.chain.Address;
import org.mandate.gateway.Attestation;
import org.mandate.relayer.follow.FollowedChain;
import org.mandate.signer.ServicePolicy;
import org.mandate.signer.ServicePolicy.Calls;
import org.mandate.signer.ServicePolicy.ChainLimits;
import org.mandate.signer.ServicePolicy.Statement;
import org.mandate.signer.SigningPolicy;

/**
 * What a relayer's key is for: the calls that relayers make of the contracts in the deployment
 * files, without any coins, at the configured fees, and attestations. Whoever writes into the
 * database, or has a node lie, gets no other signature.
 */
public final class RelayerPolicy {
  private static final String INTENT =
      "(uint256,address,uint256,address,address,uint256,bytes,uint256,uint64)";
  private static final String MESSAGE = "(uint256,uint256,bytes,bytes,bytes)";

  private static final Calls HOME_EXECUTOR =
      Calls.of(
          "submit(" + INTENT + ",bytes)",
          "submitMany(" + INTENT + "[],bytes[])",
          "proceed(" + INTENT + ")",
          "proceedApproved(" + INTENT + ",(address[],bytes[],uint64[]))",
          "expire(" + INTENT + ")",
          "settle(" + INTENT + "[])",
          "settleOne(" + INTENT + ")",
          "resend(" + INTENT + ")");
  private static final Calls DESTINATION_EXECUTOR =
      Calls.of(
          "execute(" + INTENT + ")",
          "executeMany(" + INTENT + "[])",
          "expire(" + INTENT + ")",
          "resolve(" + INTENT + ")",
          "hasten(" + MESSAGE + ",bytes32[],bytes)",
          "report(bytes32[])");
  private static final Calls GATEWAY =
      Calls.of(
          "deliver(" + MESSAGE + ",bytes32[],bytes)",
          "deliverMany(" + MESSAGE + "[],bytes32[],bool[],bytes)");
  private static final Calls ACCOUNT = Calls.of("publish(uint256,uint256,uint256,bytes32,bytes32)");

  private RelayerPolicy() {}

  /**
   * Of a relayer on these chains.
   *
   * @param limits what it pays at most on each
   */
  public static SigningPolicy of(Map<FollowedChain, FeeLimit> limits) {
    Map<BigInteger, ChainLimits> chains = new HashMap<>();
    limits.forEach(
        (chain, limit) ->
            chains.put(
                chain.bigId(),
                new ChainLimits(calls(chain), limit.max(), limit.tip(), Desk.MAX_GAS)));
    FollowedChain any = limits.keySet().iterator().next(); // the domain is home's on every chain
    return new ServicePolicy(
        chains, Set.of(new Statement(any.attestations().typedData(), Attestation.TYPE)));
  }

  private static Map<Address, Calls> calls(FollowedChain chain) {
    return Map.of(
        chain.executor(), chain.isHome() ? HOME_EXECUTOR : DESTINATION_EXECUTOR,
        chain.gateway(), GATEWAY,
        chain.account(), ACCOUNT);
  }
}
