package org.mandate.cli.intent;

import java.math.BigInteger;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Deployment;
import org.mandate.cli.AgentOption;
import org.mandate.intent.Intent;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** An intent's fields as options. */
public final class IntentOptions {
  @Mixin private AgentOption agent;

  @Option(names = "--to", required = true, paramLabel = "ADDRESS", description = "Who is paid.")
  private String to;

  @Option(
      names = "--amount",
      required = true,
      paramLabel = "NUMBER",
      description = "How much, in the asset's smallest unit (wei).")
  private BigInteger amount;

  @Option(
      names = "--asset",
      paramLabel = "ADDRESS",
      description = "ERC-20 contract; without it the chain's coin.")
  private String asset = Address.ZERO.hex();

  @Option(
      names = "--chain",
      paramLabel = "ID",
      description = "Chain where it is paid; without it the home chain.")
  private Optional<BigInteger> chain = Optional.empty();

  @Option(
      names = "--account",
      paramLabel = "ADDRESS",
      description = "Account that pays; without it the deployment's AgentVault.")
  private Optional<String> account = Optional.empty();

  @Option(
      names = "--valid",
      paramLabel = "SECONDS",
      defaultValue = "3600",
      description = {
        "Deadline, from now on; at most 30 days (default: ${DEFAULT-VALUE}). Short is safer; an intent",
        "that governance upholds after a dispute must still execute before it."
      })
  private long valid;

  @Option(
      names = "--nonce",
      paramLabel = "NUMBER",
      description = "Any unused number; without it a random one.")
  private Optional<BigInteger> nonce = Optional.empty();

  public Intent intent(Deployment deployment) {
    return new Intent(
        agent.id(),
        account.map(Address::of).orElseGet(deployment::account),
        chain.orElse(deployment.homeChainId()),
        Address.of(asset),
        Address.of(to),
        amount,
        Bytes.EMPTY,
        nonce.orElseGet(() -> new BigInteger(256, new SecureRandom())),
        BigInteger.valueOf(Instant.now().getEpochSecond() + valid));
  }
}
