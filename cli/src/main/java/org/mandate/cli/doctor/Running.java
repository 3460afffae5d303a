package org.mandate.cli.doctor;

import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;
import org.mandate.cli.Chain;
import org.mandate.cli.Failure;
import org.mandate.cli.Words;
import org.mandate.contracts.AgentRegistry;
import org.mandate.deploy.DeploymentCheck;
import org.mandate.deploy.DeploymentException;
import org.mandate.deploy.Deviation;
import org.mandate.deploy.Role;
import org.mandate.deploy.Sender;
import org.web3j.abi.EventEncoder;

/** Whether a chain and what we have on it are as they must be. */
final class Running {
  /** A node's clock and ours. */
  private static final Duration SKEW = Duration.ofSeconds(60);

  private static final long MAX_AGENTS = 100;
  private static final long BLOCKS = 10_000;

  private final Clock clock;
  private final List<Check> checks = new ArrayList<>();

  private final Map<BigInteger, Set<String>> guardians;
  private final Enough enough;

  /**
   * @param guardians gets those of the chain, for whoever compares chains
   * @param enough how much accounts are to have
   */
  Running(Clock clock, Map<BigInteger, Set<String>> guardians, Enough enough) {
    this.clock = clock;
    this.guardians = guardians;
    this.enough = enough;
  }

  /**
   * Looks at one chain.
   *
   * @param deployment the chain's file; absent: {@code <chain id>.json} in the folder
   * @param expected the chain's id, when a configuration says it
   * @param guardian a watchdog's account, which must have that role there
   */
  List<Check> examine(
      URI rpc,
      Optional<Path> deployment,
      Path folder,
      Optional<Long> expected,
      Optional<Address> guardian) {
    var about = "node " + rpc.getHost() + ":" + rpc.getPort();
    var id = attempt(about, "answers", "start it, or correct the URL", () -> Chain.idOf(rpc));
    if (id.isEmpty()) {
      return checks;
    }
    if (expected.isPresent() && !id.get().equals(BigInteger.valueOf(expected.get()))) {
      checks.add(
          Check.fail(
              about,
              "chain id",
              id.get() + ", configured is " + expected.get(),
              "correct the rpc-urls of that chain"));
      return checks;
    }
    checks.add(Check.ok(about, "chain id", id.get().toString()));
    var open =
        attempt(
            about,
            "deployment",
            "give the chain's deployment file (--deployment FILE), or deploy",
            () -> Chain.open(rpc, deployment, folder));
    open.ifPresent(
        chain -> {
          try (chain) {
            examine(chain, guardian);
          }
        });
    return checks;
  }

  private void examine(Chain chain, Optional<Address> guardian) {
    var about = "chain " + chain.deployment().chainId();
    clock(about, chain);
    attempt(
        about,
        "finalized block",
        "use a node that serves the finalized tag, or set finality to a number of blocks",
        () -> {
          var head = chain.client().head();
          var last = chain.client().finalized();
          checks.add(
              Check.ok(
                  about,
                  "finalized block",
                  "%d, head is %d".formatted(last.number(), head.number())));
          return last;
        });
    attempt(
        about,
        "code and roles",
        "the node must answer logs and transactions since the deployment's block, and eth_call with"
            + " state overrides",
        () -> {
          var check = new DeploymentCheck(chain.web3j(), chain.overrides(), chain.deployment());
          var findings = check.findings();
          if (findings.stream().allMatch(one -> one.weight() == Deviation.Weight.CHANGED)) {
            checks.add(
                Check.ok(
                    about,
                    "code and roles",
                    "%d contracts as recorded, every role where it belongs"
                        .formatted(chain.deployment().contracts().size())));
          }
          for (var finding : findings) {
            checks.add(
                switch (finding.weight()) {
                  case WRONG ->
                      Check.fail(about, "code and roles", finding.words(), finding.next());
                  case CHANGED -> Check.warn(about, "settings", finding.words(), finding.next());
                });
          }
          guardians.put(
              chain.deployment().chainId(),
              check.holders().accessManager().getOrDefault(Role.GUARDIAN, Set.of()).stream()
                  .map(account -> Address.of(account).hex())
                  .collect(Collectors.toCollection(TreeSet::new)));
          balances(about, chain, check.holders());
          guardian.ifPresent(account -> guardian(about, account, check.holders()));
          return findings;
        });
    if (chain.deployment().isHome()) {
      attempt(
          about,
          "audit",
          "the node must answer logs since the deployment's block",
          () -> {
            audit(about, chain);
            return true;
          });
    }
  }

  private void clock(String about, Chain chain) {
    attempt(
        about,
        "clock",
        "use another node",
        () -> {
          var block = chain.client().head().timestamp();
          var behind = Duration.between(block, clock.instant());
          var found =
              "newest block is %d s behind this machine's clock".formatted(behind.toSeconds());
          if (behind.negated().compareTo(Duration.ofSeconds(15)) > 0) {
            checks.add(
                Check.fail(
                    about,
                    "clock",
                    "newest block is %d s ahead of this machine's clock"
                        .formatted(-behind.toSeconds()),
                    "set this machine's clock (NTP): deadlines depend on it"));
          } else if (behind.compareTo(SKEW) > 0) {
            checks.add(
                Check.warn(
                    about,
                    "clock",
                    found,
                    "the chain stands still, the node lags, or this machine's clock is ahead: look"
                        + " which"));
          } else {
            checks.add(Check.ok(about, "clock", found));
          }
          return true;
        });
  }

  private void guardian(String about, Address account, DeploymentCheck.Holders holders) {
    var has =
        holders.accessManager().getOrDefault(Role.GUARDIAN, Set.of()).stream()
            .anyMatch(account.hex()::equalsIgnoreCase);
    checks.add(
        has
            ? Check.ok(about, "watchdog's role", account + " is a guardian")
            : Check.fail(
                about,
                "watchdog's role",
                account + " is no guardian: it can neither dispute nor freeze",
                "correct key.address in the watchdog's settings, or have governance grant it the"
                    + " GUARDIAN role on this chain"));
  }

  /** Relayers and guardians must be able to pay for what they are there for. */
  private void balances(String about, Chain chain, DeploymentCheck.Holders holders) {
    var roles = Map.of(Role.GUARDIAN, "guardian", Role.PUBLISHER, "relayer");
    for (var role : List.of(Role.GUARDIAN, Role.PUBLISHER)) {
      for (var account : new TreeSet<>(holders.accessManager().getOrDefault(role, Set.of()))) {
        var address = Address.of(account);
        var balance = chain.client().balance(address);
        var name = "balance of %s %s".formatted(roles.get(role), account);
        var least = enough.of(chain.deployment().chainId(), address);
        var found =
            "%s, at least %s is to be there"
                .formatted(Words.amount(Address.ZERO, balance), Words.amount(Address.ZERO, least));
        checks.add(
            balance.compareTo(least) >= 0
                ? Check.ok(about, name, found)
                : Check.warn(
                    about,
                    name,
                    found,
                    "send it coins: without them it can neither relay nor dispute"));
      }
    }
  }

  /** An agent whose records are not published stops being able to spend. */
  private void audit(String about, Chain chain) {
    var agents = agents(chain);
    var worst = 0L;
    for (var id : agents.stream().limit(MAX_AGENTS).toList()) {
      var unpublished =
          Sender.read("unpublished records", () -> chain.account().unpublished(id).send())
              .longValueExact();
      var headroom =
          Sender.read("headroom", () -> chain.lens().headroom(id, Address.ZERO.hex()).send());
      worst = Math.max(worst, unpublished);
      if (headroom.frozen) {
        checks.add(
            Check.warn(
                about,
                "agent " + id,
                "frozen",
                "find out why (its last denial says), then mandate policy thaw"));
      }
      if (unpublished > 0 && headroom.recordsLeft.signum() == 0) {
        checks.add(
            Check.fail(
                about,
                "audit of agent " + id,
                "%d unpublished records, its mandate admits %s: it may not spend"
                    .formatted(unpublished, headroom.terms.maxAuditLag),
                "look at the relayers: they publish (blob directory, balance)"));
      }
    }
    checks.add(
        Check.ok(
            about,
            "audit lag",
            "%d agents, at most %d unpublished records".formatted(agents.size(), worst)));
  }

  private static List<BigInteger> agents(Chain chain) {
    var ids = new ArrayList<BigInteger>();
    var head = chain.client().head().number();
    var registered = Hash.of(EventEncoder.encode(AgentRegistry.REGISTERED_EVENT));
    for (var from = chain.deployment().block(); from <= head; from += BLOCKS) {
      chain
          .client()
          .logs(
              from,
              Math.min(head, from + BLOCKS - 1),
              List.of(chain.deployment().registry()),
              List.of(Set.of(registered)))
          .forEach(log -> ids.add(new BigInteger(1, log.topics().get(1).bytes())));
    }
    return ids;
  }

  /** What cannot be looked at is a finding, and the rest is looked at all the same. */
  private <T> Optional<T> attempt(String about, String name, String next, Supplier<T> look) {
    try {
      return Optional.of(look.get());
    } catch (NodeException | DeploymentException | Failure | IllegalArgumentException e) {
      checks.add(Check.fail(about, name, e.getMessage(), next));
      return Optional.empty();
    }
  }
}
