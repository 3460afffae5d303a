package org.mandate.cli.policy;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.TreeSet;
import org.mandate.chain.Address;
import org.mandate.cli.Words;
import org.mandate.contracts.AgentVault;
import org.mandate.deploy.Call;
import org.mandate.policy.AssetLimit;
import org.mandate.policy.Mandate;
import org.mandate.policy.PolicyChange;
import org.mandate.policy.Recipient;
import org.mandate.policy.Tempo;
import org.mandate.policy.Terms;

/**
 * What leads from one mandate to another: field by field for people, change by change for the
 * contract.
 *
 * @param lines what differs
 * @param changes in the order in which they are made
 * @param rules changes of the rules beyond the basic ones, made before these
 */
record Diff(Mandate current, List<Line> lines, List<PolicyChange> changes, List<RuleChange> rules) {
  private static final String NO_BREAKER = "what differs between mandates freezes and thaws nobody";

  private static final String NOT_SET = "not set";

  /** Which way a field goes. Tighter applies at once, looser waits for governance (L5). */
  enum Direction {
    TIGHTER,
    LOOSER
  }

  /** One field. */
  record Line(String field, String before, String after, Direction direction) {}

  /** One change of a rule contract. */
  record RuleChange(Line line, Call call) {}

  static Diff between(Mandate current, Mandate wanted) {
    var lines = new ArrayList<Line>();
    var changes = new ArrayList<PolicyChange>();
    terms(current, wanted, lines, changes);
    tempo(current, wanted, lines, changes);
    var assets = new TreeSet<>(current.assets().keySet());
    assets.addAll(wanted.assets().keySet());
    for (var asset : assets) {
      limit(current, wanted, asset, lines, changes);
      chains(current, wanted, asset, lines, changes);
    }
    recipients(current, wanted, lines, changes);
    return new Diff(current, List.copyOf(lines), List.copyOf(changes), List.of());
  }

  /** With changes of the rules beyond the basic ones. */
  Diff with(List<RuleChange> more) {
    var all = new ArrayList<>(lines);
    more.forEach(change -> all.add(change.line()));
    return new Diff(current, List.copyOf(all), changes, List.copyOf(more));
  }

  boolean isEmpty() {
    return changes.isEmpty() && rules.isEmpty();
  }

  /** Whether it may apply at once: the contract's own rule, change by change. */
  boolean tightens() {
    return changes.stream().allMatch(change -> change.tightens(current))
        && rules.stream().allMatch(change -> change.line().direction() == Direction.TIGHTER);
  }

  List<Line> looser() {
    return lines.stream().filter(line -> line.direction() == Direction.LOOSER).toList();
  }

  /** The contract's calls, one per change. */
  List<Call> calls(AgentVault policy, BigInteger agentId) {
    var all = new ArrayList<>(rules.stream().map(RuleChange::call).toList());
    all.addAll(basic(policy, agentId));
    return List.copyOf(all);
  }

  private List<Call> basic(AgentVault policy, BigInteger agentId) {
    var to = policy.getContractAddress();
    return changes.stream()
        .map(
            change ->
                switch (change) {
                  case PolicyChange.SetTerms set ->
                      Call.of(
                          "setTerms of agent " + agentId,
                          to,
                          policy.setTerms(
                              agentId,
                              new AgentVault.Terms(
                                  BigInteger.valueOf(set.terms().expiry()),
                                  BigInteger.valueOf(set.terms().frequencyWindow()),
                                  BigInteger.valueOf(set.terms().maxTransactions()),
                                  BigInteger.valueOf(set.terms().maxAuditLag()),
                                  set.terms().basic(),
                                  set.terms().open())));
                  case PolicyChange.SetTempo set ->
                      Call.of(
                          "setTempo of agent " + agentId,
                          to,
                          policy.setTempo(
                              agentId,
                              new AgentVault.Tempo(
                                  BigInteger.valueOf(set.tempo().burst()),
                                  BigInteger.valueOf(set.tempo().burstWindow()),
                                  BigInteger.valueOf(set.tempo().cooldown()))));
                  case PolicyChange.SetLimit set ->
                      Call.of(
                          "setLimit of agent %s for %s"
                              .formatted(agentId, Words.asset(set.asset())),
                          to,
                          policy.setLimit(
                              agentId,
                              set.asset().hex(),
                              new AgentVault.Limit(
                                  set.limit().perTransaction(),
                                  set.limit().cap(),
                                  BigInteger.valueOf(set.limit().window()))));
                  case PolicyChange.DropAsset drop ->
                      Call.of(
                          "dropAsset of agent %s: %s".formatted(agentId, Words.asset(drop.asset())),
                          to,
                          policy.dropAsset(agentId, drop.asset().hex()));
                  case PolicyChange.SetAssetChain set ->
                      Call.of(
                          "setAssetChain of agent %s for %s on chain %s: %s"
                              .formatted(
                                  agentId, Words.asset(set.asset()), set.chainId(), set.allowed()),
                          to,
                          policy.setAssetChain(
                              agentId, set.asset().hex(), set.chainId(), set.allowed()));
                  case PolicyChange.SetRecipient set ->
                      Call.of(
                          "setRecipient of agent %s, %s on chain %s: %s"
                              .formatted(
                                  agentId,
                                  set.recipient().address(),
                                  set.recipient().chainId(),
                                  set.allowed()),
                          to,
                          policy.setRecipient(
                              agentId,
                              set.recipient().chainId(),
                              set.recipient().address().hex(),
                              set.allowed()));
                  case PolicyChange.Freeze freeze -> throw new IllegalStateException(NO_BREAKER);
                  case PolicyChange.Thaw thaw -> throw new IllegalStateException(NO_BREAKER);
                })
        .toList();
  }

  // ------------------------------------------------------------------ parts

  private static void terms(
      Mandate current, Mandate wanted, List<Line> lines, List<PolicyChange> changes) {
    var was = current.terms();
    var is = wanted.terms();
    if (was.equals(is)) {
      return;
    }
    changes.add(new PolicyChange.SetTerms(is));
    if (was.equals(Terms.NEVER_SET)) {
      lines.add(set("expiry", "not set (nothing is admitted)", Words.time(is.expiry())));
      lines.add(set("frequency-window", NOT_SET, Words.seconds(is.frequencyWindow())));
      lines.add(set("max-transactions", NOT_SET, Long.toString(is.maxTransactions())));
      lines.add(set("max-audit-lag", NOT_SET, Long.toString(is.maxAuditLag())));
      flag(lines, "basic", was.basic(), is.basic());
      flag(lines, "open", was.open(), is.open());
      return;
    }
    field(
        lines,
        "expiry",
        was.expiry(),
        is.expiry(),
        true,
        Words.time(was.expiry()),
        Words.time(is.expiry()));
    field(
        lines,
        "frequency-window",
        was.frequencyWindow(),
        is.frequencyWindow(),
        false,
        Words.seconds(was.frequencyWindow()),
        Words.seconds(is.frequencyWindow()));
    field(lines, "max-transactions", was.maxTransactions(), is.maxTransactions());
    field(lines, "max-audit-lag", was.maxAuditLag(), is.maxAuditLag());
    flag(lines, "basic", was.basic(), is.basic());
    flag(lines, "open", was.open(), is.open());
  }

  private static void tempo(
      Mandate current, Mandate wanted, List<Line> lines, List<PolicyChange> changes) {
    var was = current.tempo();
    var is = wanted.tempo();
    if (was.equals(is)) {
      return;
    }
    changes.add(new PolicyChange.SetTempo(is));
    // No burst rule admits more than any, whatever the number says.
    field(
        lines,
        "burst",
        was.burst() == 0 ? Long.MAX_VALUE : was.burst(),
        is.burst() == 0 ? Long.MAX_VALUE : is.burst(),
        true,
        burst(was),
        burst(is));
    field(
        lines,
        "burst-window",
        was.burstWindow(),
        is.burstWindow(),
        false,
        Words.seconds(was.burstWindow()),
        Words.seconds(is.burstWindow()));
    field(
        lines,
        "cooldown",
        was.cooldown(),
        is.cooldown(),
        false,
        Words.seconds(was.cooldown()),
        Words.seconds(is.cooldown()));
  }

  private static String burst(Tempo tempo) {
    return tempo.burst() == 0 ? "no rule" : Long.toString(tempo.burst());
  }

  /** What is on asks less than what is off. */
  private static void flag(List<Line> lines, String name, boolean was, boolean is) {
    if (was != is) {
      lines.add(
          new Line(
              name,
              was ? "yes" : "no",
              is ? "yes" : "no",
              is ? Direction.LOOSER : Direction.TIGHTER));
    }
  }

  private static void limit(
      Mandate current,
      Mandate wanted,
      Address asset,
      List<Line> lines,
      List<PolicyChange> changes) {
    var was = current.limit(asset);
    // What the file does not name ends; its window stays, for what was spent still counts.
    var is =
        wanted.assets().containsKey(asset)
            ? wanted.limit(asset)
            : new AssetLimit(BigInteger.ZERO, BigInteger.ZERO, was.window());
    if (was.equals(is) || is.window() == 0) {
      return;
    }
    changes.add(new PolicyChange.SetLimit(asset, is));
    var name = Words.asset(asset);
    if (was.equals(AssetLimit.NONE)) {
      lines.add(set(name + " per-transaction", NOT_SET, Words.amount(asset, is.perTransaction())));
      lines.add(set(name + " cap", NOT_SET, Words.amount(asset, is.cap())));
      lines.add(set(name + " window", NOT_SET, Words.seconds(is.window())));
      return;
    }
    amount(lines, name + " per-transaction", asset, was.perTransaction(), is.perTransaction());
    amount(lines, name + " cap", asset, was.cap(), is.cap());
    field(
        lines,
        name + " window",
        was.window(),
        is.window(),
        false,
        Words.seconds(was.window()),
        Words.seconds(is.window()));
  }

  private static void chains(
      Mandate current,
      Mandate wanted,
      Address asset,
      List<Line> lines,
      List<PolicyChange> changes) {
    var all = new TreeSet<>(current.chains(asset));
    all.addAll(wanted.chains(asset));
    for (var chain : all) {
      var was = current.chains(asset).contains(chain);
      var is = wanted.chains(asset).contains(chain);
      if (was != is) {
        changes.add(new PolicyChange.SetAssetChain(asset, chain, is));
        lines.add(allowed("%s on chain %s".formatted(Words.asset(asset), chain), is));
      }
    }
  }

  private static void recipients(
      Mandate current, Mandate wanted, List<Line> lines, List<PolicyChange> changes) {
    var all = new HashSet<>(current.recipients());
    all.addAll(wanted.recipients());
    for (var one :
        all.stream()
            .sorted(Comparator.comparing(Recipient::chainId).thenComparing(Recipient::address))
            .toList()) {
      var was = current.recipients().contains(one);
      var is = wanted.recipients().contains(one);
      if (was != is) {
        changes.add(new PolicyChange.SetRecipient(one, is));
        lines.add(
            allowed(
                "recipient %s on chain %s".formatted(one.address().checksummed(), one.chainId()),
                is));
      }
    }
  }

  /** Where nothing was set nothing was allowed: whatever is set now allows more. */
  private static Line set(String field, String before, String after) {
    return new Line(field, before, after, Direction.LOOSER);
  }

  private static Line allowed(String field, boolean is) {
    return is
        ? new Line(field, "forbidden", "allowed", Direction.LOOSER)
        : new Line(field, "allowed", "forbidden", Direction.TIGHTER);
  }

  private static void field(List<Line> lines, String name, long was, long is) {
    field(lines, name, was, is, true, Long.toString(was), Long.toString(is));
  }

  private static void field(
      List<Line> lines,
      String name,
      long was,
      long is,
      boolean lessIsTighter,
      String before,
      String after) {
    if (was != is) {
      lines.add(
          new Line(
              name,
              before,
              after,
              is < was == lessIsTighter ? Direction.TIGHTER : Direction.LOOSER));
    }
  }

  private static void amount(
      List<Line> lines, String name, Address asset, BigInteger was, BigInteger is) {
    if (!was.equals(is)) {
      lines.add(
          new Line(
              name,
              Words.amount(asset, was),
              Words.amount(asset, is),
              is.compareTo(was) < 0 ? Direction.TIGHTER : Direction.LOOSER));
    }
  }
}
