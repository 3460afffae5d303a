package org.mandate.cli.demo;

import java.math.BigInteger;
import java.util.List;
import org.mandate.chain.Address;
import org.mandate.cli.local.Ledger;
import org.mandate.contracts.Tiers;
import org.mandate.deploy.Call;
import org.mandate.deploy.Sender;
import org.mandate.policy.Thresholds;

/** From which amounts on the agent's payments wait, and for whom: a part of the mandate. */
final class Waits {
  static final BigInteger COIN_DELAY_ABOVE = Stage.ETHER.divide(BigInteger.TWO);
  static final int DELAY_SECONDS = 20;
  static final BigInteger DOLLARS_APPROVAL_ABOVE = Play.dollars(300);

  private static final BigInteger NEVER = Thresholds.NEVER;

  /** Stands for all assets together, in US dollars: nobody prices anything here. */
  private static final Address USD = Address.of("0x%040x".formatted(840));

  private Waits() {}

  /**
   * What governance calls for it.
   *
   * @param approver who must agree to larger amounts
   */
  static List<Call> calls(Ledger home, long agentId, Address approver) {
    var delay = BigInteger.valueOf(DELAY_SECONDS);
    return List.of(
        thresholds(home, agentId, Address.ZERO, COIN_DELAY_ABOVE, delay, NEVER),
        thresholds(home, agentId, home.token(), NEVER, BigInteger.ZERO, DOLLARS_APPROVAL_ABOVE),
        thresholds(home, agentId, USD, NEVER, BigInteger.ZERO, NEVER),
        Call.of(
            "who approves",
            home.deployment().address("Approvers").hex(),
            home.approvers()
                .setApprovers(
                    BigInteger.valueOf(agentId), BigInteger.ONE, List.of(approver.hex()))));
  }

  private static Call thresholds(
      Ledger home,
      long agentId,
      Address asset,
      BigInteger delayAbove,
      BigInteger delaySeconds,
      BigInteger approvalAbove) {
    var address = home.deployment().address("Tiers").hex();
    var tiers = Tiers.load(address, home.chain().web3j(), home.reader(), Sender.NO_GAS);
    return Call.of(
        "what waits",
        address,
        tiers.setThresholds(
            BigInteger.valueOf(agentId),
            asset.hex(),
            new Tiers.Thresholds(NEVER, delayAbove, delaySeconds, approvalAbove)));
  }
}
