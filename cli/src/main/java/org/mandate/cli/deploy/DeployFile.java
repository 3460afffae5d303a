package org.mandate.cli.deploy;

import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.config.Config;
import org.mandate.config.Default;
import org.mandate.deploy.DeploymentParameters;
import org.mandate.deploy.DeploymentParameters.ExistingAuthority;
import org.mandate.deploy.DeploymentParameters.Governance;
import org.mandate.deploy.DeploymentParameters.OwnGovernance;
import org.mandate.deploy.DeploymentParameters.TokenGrant;

/**
 * What to deploy and where. {@code deploy.sample.yaml} shows and explains every key.
 *
 * @param chains where to deploy now, home or not
 * @param homeChainId home of the whole deployment
 * @param otherChainIds every other chain of the whole deployment, whether it is deployed to now or
 *     not
 * @param authority somebody who exists already; else {@code governance} makes a DAO
 */
public record DeployFile(
    List<ChainPart> chains,
    long homeChainId,
    List<Long> otherChainIds,
    List<Address> relayers,
    int threshold,
    List<Address> guardians,
    Duration disputeWindow,
    Duration resolutionWindow,
    Optional<AuthorityPart> authority,
    Optional<GovernancePart> governance,
    Optional<GrantPart> testToken) {

  /** A chain's node. */
  public record ChainPart(long id, URI rpcUrl) {}

  /**
   * Somebody who exists.
   *
   * @param executionDelay between scheduling and executing at the AccessManager, 1 day when nothing
   *     is said
   * @param delaysItself says that the authority lets time pass before it acts: it gets no delay
   */
  public record AuthorityPart(
      Address address, Optional<Duration> executionDelay, @Default("false") boolean delaysItself) {
    public AuthorityPart {
      if (delaysItself && executionDelay.isPresent()) {
        throw new IllegalArgumentException(
            "authority: set either execution-delay or delays-itself: true, not both");
      }
    }

    ExistingAuthority existing() {
      return delaysItself
          ? ExistingAuthority.delayingItself(address.hex())
          : ExistingAuthority.delayedBy(
              address.hex(), executionDelay.orElse(ExistingAuthority.DEFAULT_DELAY));
    }
  }

  /** A DAO of its own. */
  public record GovernancePart(
      Duration timelockDelay,
      Duration votingDelay,
      Duration votingPeriod,
      BigInteger proposalThreshold,
      int quorumPercent,
      GrantPart votes) {}

  /** A token's whole supply and who gets it. */
  public record GrantPart(Address holder, BigInteger supply) {
    TokenGrant grant() {
      return new TokenGrant(holder.hex(), supply);
    }
  }

  public DeployFile {
    chains = List.copyOf(chains);
    if (chains.isEmpty()) {
      throw new IllegalArgumentException("no chains: name at least one to deploy to");
    }
    if (authority.isPresent() == governance.isPresent()) {
      throw new IllegalArgumentException(
          "set either authority (somebody who exists) or governance (a new DAO)");
    }
    for (var chain : chains) {
      if (chain.id() != homeChainId && !otherChainIds.contains(chain.id())) {
        throw new IllegalArgumentException(
            "chain %d is neither home-chain-id %d nor one of other-chain-ids %s"
                .formatted(chain.id(), homeChainId, otherChainIds));
      }
    }
  }

  /** The environment has no say here: the same file gives the same deployment. */
  public static DeployFile read(Path file) {
    return Config.load(DeployFile.class, Optional.of(file), Map.of(), Map.of());
  }

  /** For the deployer. */
  public DeploymentParameters parameters() {
    return new DeploymentParameters(
        homeChainId,
        otherChainIds,
        relayers.stream().map(Address::hex).toList(),
        threshold,
        guardians.stream().map(Address::hex).toList(),
        disputeWindow,
        resolutionWindow,
        authority
            .<Governance>map(AuthorityPart::existing)
            .orElseGet(() -> own(governance.orElseThrow())),
        testToken.map(GrantPart::grant));
  }

  private static OwnGovernance own(GovernancePart part) {
    return new OwnGovernance(
        part.timelockDelay(),
        part.votingDelay(),
        part.votingPeriod(),
        part.proposalThreshold(),
        part.quorumPercent(),
        part.votes().grant());
  }
}
