package org.mandate.cli.doctor;

import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.CallRevertedException;
import org.mandate.chain.NodeException;
import org.mandate.cli.Chain;
import org.mandate.cli.Failure;
import org.mandate.cli.Words;
import org.mandate.cli.bond.BondCommand;
import org.mandate.contracts.RemoteGovernance;
import org.mandate.deploy.DeploymentException;
import org.mandate.deploy.Sender;

/** Whether the chains of a deployment fit together: each may be well and nothing arrive. */
final class Across {
  private static final BigInteger OPEN = BigInteger.ONE;

  /** Who overrules a dispute needs this long beside what an order waits. */
  private static final Duration PEOPLE = Duration.ofHours(1);

  private static final int GUARDIANS_WITH_HASHES = 2;
  private static final int WORD = 32;

  /** Five words: round, answer, began, updated, answered in. */
  private static final int ROUND_BYTES = 5 * WORD;

  private final Chain home;
  private final List<Chain> others;
  private final Map<BigInteger, Set<String>> guardians;
  private final List<Check> checks = new ArrayList<>();

  private Across(Chain home, List<Chain> others, Map<BigInteger, Set<String>> guardians) {
    this.home = home;
    this.others = others;
    this.guardians = guardians;
  }

  /**
   * Compares all of them with home.
   *
   * @param guardians of each chain, as far as they could be read
   */
  static List<Check> examine(List<Chain> chains, Map<BigInteger, Set<String>> guardians) {
    var others = chains.stream().filter(chain -> !chain.deployment().isHome()).toList();
    if (others.isEmpty()) {
      return List.of();
    }
    var home = chains.stream().filter(chain -> chain.deployment().isHome()).findFirst();
    if (home.isEmpty()) {
      return List.of(
          Check.warn(
              "across chains",
              "home",
              "not looked at: nothing was compared with it",
              "give --rpc of chain %s too"
                  .formatted(others.getFirst().deployment().homeChainId())));
    }
    var across = new Across(home.get(), others, guardians);
    others.forEach(across::examine);
    return across.checks;
  }

  private void examine(Chain chain) {
    attempt(chain, "addresses", () -> addresses(chain));
    attempt(chain, "relayers as at home", () -> relayers(chain));
    attempt(chain, "bonds of its relayers", () -> bonds(chain));
    attempt(chain, "messages to it", () -> lane(chain));
    attempt(chain, "results from it", () -> results(chain));
    attempt(chain, "guardians as at home", () -> guardians(chain));
    attempt(chain, "state proofs", () -> proofs(chain));
    attempt(chain, "uptime feed", () -> uptime(chain));
    attempt(chain, "windows", () -> windows(chain));
    if (chain.deployment().remoteGovernance().isPresent()) {
      attempt(chain, "orders", () -> orders(chain));
    }
  }

  /** What both have under one name stands at one address; both executors do as well. */
  private void addresses(Chain chain) {
    var here = home.deployment();
    var there = chain.deployment();
    var wrong = new TreeSet<String>();
    here.contracts()
        .forEach(
            (name, contract) -> {
              var other = there.contracts().get(name);
              if (other != null && !other.address().equals(contract.address())) {
                wrong.add(name);
              }
            });
    if (!here.executor().equals(there.executor())) {
      wrong.add(there.executorName());
    }
    if (!here.homeChainId().equals(there.homeChainId())) {
      wrong.add("home is chain " + there.homeChainId());
    }
    if (wrong.isEmpty()) {
      ok(chain, "addresses", "as at home");
    } else {
      fail(
          chain,
          "addresses",
          "other than at home: " + wrong,
          "the two files are of different deployments: give those that one mandate deploy wrote");
    }
  }

  private void relayers(Chain chain) {
    var here = Sender.read("relayers", () -> home.gateway().quorum().send());
    var there = Sender.read("relayers", () -> chain.gateway().quorum().send());
    var found = "%s of %s".formatted(there.component2(), addresses(there.component1()));
    if (addresses(here.component1()).equals(addresses(there.component1()))
        && here.component2().equals(there.component2())) {
      ok(chain, "relayers as at home", there.component2() + " of " + there.component1().size());
    } else {
      warn(
          chain,
          "relayers as at home",
          found + "; at home " + here.component2() + " of " + addresses(here.component1()),
          "replace them where they are the old ones (mandate relayer rotate), unless that is on its"
              + " way");
    }
  }

  /**
   * Those of home's own set the check of home's deployment looks at. Who is not a relayer at home
   * may take back what it has at any time: what is on its way back is as good as gone.
   */
  private void bonds(Chain chain) {
    var athome = Set.copyOf(home.relayers());
    var bonds = home.relayerBonds();
    var former = Sender.read("former relayers", () -> chain.gateway().previousQuorum().send());
    var all = new TreeSet<>(chain.relayers());
    former.component1().stream().map(Address::of).forEach(all::add);
    all.removeAll(athome);
    var bare =
        all.stream()
            .map(one -> BondCommand.State.of(bonds, one))
            .filter(state -> state.bonded().signum() == 0)
            .toList();
    if (bare.isEmpty()) {
      ok(
          chain,
          "bonds of its relayers",
          all.isEmpty()
              ? "all are of home's set: see there"
              : "each of the %d that are not of home's set has one".formatted(all.size()));
    } else {
      warn(
          chain,
          "bonds of its relayers",
          "%d of %d that are not of home's set are bonded; %s"
              .formatted(
                  all.size() - bare.size(),
                  all.size(),
                  bare.stream().map(BondCommand.State::words).collect(Collectors.joining("; "))),
          "who vouches here and has nothing to lose lies for nothing: mandate bond add, or other"
              + " relayers");
    }
  }

  private void lane(Chain chain) {
    var id = chain.deployment().chainId();
    var gateway = Address.of(Sender.read("route", () -> home.homeExecutor().gatewayTo(id).send()));
    taken(
        chain,
        "messages to it",
        gateway,
        Sender.read("gateway's status", () -> chain.executor().gatewayStatus(gateway.hex()).send()),
        "chain %s takes none from gateway %s, by which home sends them".formatted(id, gateway));
  }

  private void results(Chain chain) {
    var gateway =
        Address.of(
            Sender.read(
                "gateway of results", () -> chain.destinationExecutor().reportGateway().send()));
    taken(
        chain,
        "results from it",
        gateway,
        Sender.read("gateway's status", () -> home.executor().gatewayStatus(gateway.hex()).send()),
        "home takes none from gateway %s, by which chain %s sends them"
            .formatted(gateway, chain.deployment().chainId()));
  }

  private void taken(
      Chain chain, String name, Address gateway, BigInteger status, String otherwise) {
    if (status.equals(OPEN)) {
      ok(chain, name, "by gateway " + gateway);
    } else {
      fail(
          chain,
          name,
          otherwise,
          "find out who closed it and why; only governance opens a gateway, or sets another route");
    }
  }

  private void guardians(Chain chain) {
    var here = guardians.get(home.deployment().chainId());
    var there = guardians.get(chain.deployment().chainId());
    if (here == null || there == null) {
      warn(chain, "guardians as at home", "could not be read", "see above");
      return;
    }
    if (here.equals(there)) {
      ok(chain, "guardians as at home", there.size() + " of them");
    } else {
      warn(
          chain,
          "guardians as at home",
          there + "; at home " + here,
          "a watchdog needs the role on every chain that it watches: have governance grant it");
    }
    if (chain.deployment().postedHashes().isPresent() && there.size() < GUARDIANS_WITH_HASHES) {
      fail(
          chain,
          "guardians of posted hashes",
          "%d: a false hash is taken back for good by two".formatted(there.size()),
          "have governance grant another independent watchdog the GUARDIAN role");
    }
  }

  private void proofs(Chain chain) {
    var executor = chain.destinationExecutor();
    var proofs = Address.of(Sender.read("state proofs", () -> executor.stateProofs().send()));
    var bond = Sender.read("dispute bond", () -> executor.disputeBond().send());
    if (!proofs.equals(Address.ZERO)) {
      ok(chain, "state proofs", "of home by " + proofs);
    } else if (bond.signum() > 0) {
      fail(
          chain,
          "state proofs",
          "none, and a bond of %s for disputes that need them"
              .formatted(Words.amount(Address.ZERO, bond)),
          "nobody but guardians can dispute: have governance set who proves (setStateProofs)");
    } else {
      warn(
          chain,
          "state proofs",
          "none: only governance and time decide over a dispute",
          "with a hash-oracle at deployment, home's storage decides, and nobody is trusted");
    }
  }

  private void uptime(Chain chain) {
    var answer = Sender.read("uptime feed", () -> chain.destinationExecutor().uptimeFeed().send());
    var feed = Address.of(answer.component1());
    if (feed.equals(Address.ZERO)) {
      ok(chain, "uptime feed", "none: right where no sequencer can stop");
      return;
    }
    var round = chain.client().call(feed, Abi.call("latestRoundData"));
    if (round.length != ROUND_BYTES) {
      throw new NodeException(
          "feed %s answers with %d bytes instead of a round".formatted(feed, round.length));
    }
    var status = new BigInteger(1, Arrays.copyOfRange(round, WORD, 2 * WORD));
    if (status.signum() == 0) {
      ok(chain, "uptime feed", "%s says up, grace %s s".formatted(feed, answer.component2()));
    } else {
      warn(
          chain,
          "uptime feed",
          feed + " says down",
          "nothing executes until it says up: is it so? A feed that stays wrong governance"
              + " replaces");
    }
  }

  /** An order that overrules a dispute must come in time. */
  private void windows(Chain chain) {
    var executor = chain.destinationExecutor();
    var wait = Sender.read("dispute window", () -> executor.disputeWindow().send());
    var floor = Sender.read("least window", () -> executor.floor().send());
    var result = Sender.read("window of results", () -> home.executor().disputeWindow().send());
    var resolution = Sender.read("resolution window", () -> executor.RESOLUTION_WINDOW().send());
    var found =
        "%s to dispute%s, %s to overrule a dispute, %s to doubt a result at home"
            .formatted(
                Words.seconds(wait.longValueExact()),
                floor.signum() == 0
                    ? ""
                    : " (nothing less than %s)".formatted(Words.seconds(floor.longValueExact())),
                Words.seconds(resolution.longValueExact()),
                Words.seconds(result.longValueExact()));
    if (chain.deployment().remoteGovernance().isPresent()) {
      var delay = Sender.read("delay of orders", () -> governance(chain).delay().send());
      if (resolution.longValueExact() < delay.longValueExact() + PEOPLE.toSeconds()) {
        fail(
            chain,
            "windows",
            found
                + ", and home's orders wait "
                + Words.seconds(delay.longValueExact())
                + ": none overrules a dispute in time",
            "have governance shorten the delay of orders (RemoteGovernance.setDelay)");
        return;
      }
    }
    ok(chain, "windows", found);
  }

  private void orders(Chain chain) {
    var id = chain.deployment().chainId();
    var gateway = Address.of(Sender.read("route", () -> governance(home).gatewayTo(id).send()));
    taken(
        chain,
        "orders to it",
        gateway,
        Sender.read(
            "gateway's status", () -> governance(chain).gatewayStatus(gateway.hex()).send()),
        "chain %s takes none from gateway %s, by which home sends them".formatted(id, gateway));
    var proofs =
        Address.of(Sender.read("state proofs", () -> governance(chain).stateProofs().send()));
    var executors =
        Address.of(
            Sender.read("state proofs", () -> chain.destinationExecutor().stateProofs().send()));
    if (proofs.equals(executors)) {
      ok(chain, "proofs of orders", "the executor's");
    } else {
      warn(
          chain,
          "proofs of orders",
          "%s, the executor's are %s".formatted(proofs, executors),
          "have governance set one for both (setStateProofs)");
    }
  }

  private static RemoteGovernance governance(Chain chain) {
    var address =
        chain
            .deployment()
            .remoteGovernance()
            .orElseThrow(
                () ->
                    new DeploymentException(
                        "the deployment file of chain %s names no RemoteGovernance"
                            .formatted(chain.deployment().chainId())));
    return RemoteGovernance.load(address.hex(), chain.web3j(), chain.reader(), Sender.NO_GAS);
  }

  private static Set<String> addresses(List<?> given) {
    return given.stream()
        .map(one -> Address.of((String) one).hex())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private void ok(Chain chain, String name, String found) {
    checks.add(Check.ok(about(chain), name, found));
  }

  private void warn(Chain chain, String name, String found, String next) {
    checks.add(Check.warn(about(chain), name, found, next));
  }

  private void fail(Chain chain, String name, String found, String next) {
    checks.add(Check.fail(about(chain), name, found, next));
  }

  private static String about(Chain chain) {
    return "chain " + chain.deployment().chainId() + " and home";
  }

  /** What cannot be read is a finding, and the rest is looked at all the same. */
  private void attempt(Chain chain, String name, Runnable look) {
    try {
      look.run();
    } catch (CallRevertedException
        | NodeException
        | DeploymentException
        | Failure
        | IllegalArgumentException e) {
      fail(chain, name, e.getMessage(), "the contract does not answer as it must: is it ours?");
    }
  }
}
