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
import org.mandate.deploy.DeploymentParameters.AcrossChains;
import org.mandate.deploy.DeploymentParameters.AssetWindows;
import org.mandate.deploy.DeploymentParameters.ExistingAuthority;
import org.mandate.deploy.DeploymentParameters.Governance;
import org.mandate.deploy.DeploymentParameters.HashOracle;
import org.mandate.deploy.DeploymentParameters.OwnGovernance;
import org.mandate.deploy.DeploymentParameters.Remote;
import org.mandate.deploy.DeploymentParameters.TokenGrant;
import org.mandate.gateway.WindowTable;

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
    Optional<GrantPart> testToken,
    Optional<AcrossPart> acrossChains) {

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

  /**
   * What holds for intents that go to other chains.
   *
   * @param windows how long payments of an asset wait; those of none for the dispute window
   * @param remoteGovernance home's vote counts on the other chains
   * @param hashOracle somebody posts home's block hashes on the other chains
   */
  public record AcrossPart(
      @Default("1d") Duration pause,
      @Default("14d") Duration unbonding,
      @Default("0") BigInteger disputeBond,
      List<WindowsPart> windows,
      Optional<RemotePart> remoteGovernance,
      Optional<OraclePart> hashOracle) {
    AcrossChains across() {
      return new AcrossChains(
          pause,
          unbonding,
          disputeBond,
          windows.stream().map(WindowsPart::windows).toList(),
          remoteGovernance.map(part -> new Remote(part.delay(), part.recovery().map(Address::hex))),
          hashOracle.map(
              part ->
                  new HashOracle(
                      part.oracles().stream().map(Address::hex).toList(), part.delay())));
    }
  }

  /**
   * How long payments of one asset wait.
   *
   * @param asset ERC-20 contract, zero for the chain's coin, or TestToken
   */
  public record WindowsPart(String asset, List<StepPart> steps) {
    AssetWindows windows() {
      return new AssetWindows(
          asset,
          new WindowTable(
              steps.stream()
                  .map(
                      step ->
                          new WindowTable.Step(
                              step.upTo(), step.bare().toSeconds(), step.full().toSeconds()))
                  .toList()));
    }
  }

  /**
   * Payments of at most {@code upTo}.
   *
   * @param bare with as many signatures as deliver
   * @param full with every relayer's
   */
  public record StepPart(BigInteger upTo, Duration bare, Duration full) {}

  /**
   * Home's governance governs the other chains.
   *
   * @param recovery may order where home is dead
   */
  public record RemotePart(Duration delay, Optional<Address> recovery) {}

  /** Who posts home's block hashes, and how long guardians have to take one back. */
  public record OraclePart(List<Address> oracles, Duration delay) {}

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
        testToken.map(GrantPart::grant),
        acrossChains.map(AcrossPart::across).orElse(AcrossChains.DEFAULT));
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
