package org.mandate.cli.policy;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.mandate.chain.Address;
import org.mandate.cli.Chain;
import org.mandate.cli.Words;
import org.mandate.cli.policy.Diff.Direction;
import org.mandate.cli.policy.Diff.Line;
import org.mandate.contracts.Approvers;
import org.mandate.contracts.CallRules;
import org.mandate.contracts.RuleBook;
import org.mandate.contracts.Tiers;
import org.mandate.deploy.Call;
import org.mandate.deploy.Sender;
import org.mandate.policy.BeyondBasic;
import org.mandate.policy.CallKind;
import org.mandate.policy.Permission;
import org.mandate.policy.Thresholds;
import org.web3j.utils.Numeric;

/**
 * What leads from the rules that an agent has on chain beyond the basic ones to those of a file:
 * tiers, approvers, rule book and calls.
 */
final class RuleChanges {
  private final Chain chain;
  private final BigInteger agentId;
  private final MandateFile wanted;
  private final List<Diff.RuleChange> found = new ArrayList<>();

  private RuleChanges(Chain chain, BigInteger agentId, MandateFile wanted) {
    this.chain = chain;
    this.agentId = agentId;
    this.wanted = wanted;
  }

  static List<Diff.RuleChange> of(Chain chain, BigInteger agentId, MandateFile wanted) {
    var changes = new RuleChanges(chain, agentId, wanted);
    changes.approvers();
    changes.rules();
    changes.tiers();
    changes.calls();
    return List.copyOf(changes.found);
  }

  private void tiers() {
    var at = at("Tiers");
    var tiers = Tiers.load(at.hex(), chain.web3j(), chain.reader(), Sender.NO_GAS);
    var next = wanted.thresholds();
    var assets = new TreeSet<>(next.keySet());
    new MandateReader(chain, agentId)
        .logs(at, Set.of(MandateReader.topic(Tiers.THRESHOLDSSET_EVENT)))
        .forEach(log -> assets.add(MandateReader.address(log.topics().get(2))));
    for (var asset : assets) {
      var said = Sender.read("thresholds", () -> tiers.thresholdsOf(agentId, asset.hex()).send());
      var was =
          new Thresholds(
              said.notifyAbove,
              said.delayAbove,
              said.delaySeconds.intValueExact(),
              said.approvalAbove);
      var is = next.getOrDefault(asset, Thresholds.NEVER_SET);
      var name = "tiers of " + (asset.equals(BeyondBasic.USD) ? "US dollars" : Words.asset(asset));
      change(
          was.equals(is),
          is.loosensNothingOf(was),
          name,
          words(was),
          words(is),
          Call.of(
              "setThresholds of agent " + agentId,
              at.hex(),
              tiers.setThresholds(
                  agentId,
                  asset.hex(),
                  new Tiers.Thresholds(
                      is.notifyAbove(),
                      is.delayAbove(),
                      BigInteger.valueOf(is.delaySeconds()),
                      is.approvalAbove()))));
    }
  }

  private static String words(Thresholds t) {
    return t.equals(Thresholds.NEVER_SET)
        ? "not set (approvals for every amount)"
        : "notify above %s, %s of delay above %s, approvals above %s"
            .formatted(
                threshold(t.notifyAbove()),
                Words.seconds(t.delaySeconds()),
                threshold(t.delayAbove()),
                threshold(t.approvalAbove()));
  }

  private static String threshold(BigInteger amount) {
    return amount.equals(Thresholds.NEVER) ? "any amount: never" : amount.toString();
  }

  private void approvers() {
    var at = at("Approvers");
    var approvers = Approvers.load(at.hex(), chain.web3j(), chain.reader(), Sender.NO_GAS);
    var said = Sender.read("approvers", () -> approvers.approversOf(agentId).send());
    var was = said.component2().stream().map(Address::of).sorted().toList();
    var threshold = said.component1().intValueExact();
    var is = wanted.approverAddresses();
    var next = wanted.approverThreshold();
    var fewer = new HashSet<>(was).containsAll(is);
    change(
        was.equals(is) && threshold == next,
        fewer && (next == 0 || (threshold != 0 && next >= threshold)),
        "approvers",
        panel(threshold, was),
        panel(next, is),
        Call.of(
            "setApprovers of agent " + agentId,
            at.hex(),
            approvers.setApprovers(
                agentId, BigInteger.valueOf(next), is.stream().map(Address::hex).toList())));
  }

  private static String panel(int threshold, List<Address> approvers) {
    return threshold == 0 && approvers.isEmpty()
        ? "none (nothing is approved)"
        : "%d of %s".formatted(threshold, approvers);
  }

  private void rules() {
    var at = at("RuleBook");
    var book = RuleBook.load(at.hex(), chain.web3j(), chain.reader(), Sender.NO_GAS);
    List<?> said = Sender.read("rules", () -> book.rules(agentId).send());
    var was = said.stream().map(rule -> Address.of(rule.toString())).toList();
    for (var rule : was) {
      change(
          wanted.ruleAddresses().contains(rule),
          false,
          "rule " + rule,
          "asked",
          "not asked",
          Call.of(
              "removeRule of agent " + agentId, at.hex(), book.removeRule(agentId, rule.hex())));
    }
    for (var rule : wanted.ruleAddresses()) {
      change(
          was.contains(rule),
          true,
          "rule " + rule,
          "not asked",
          "asked",
          Call.of("addRule of agent " + agentId, at.hex(), book.addRule(agentId, rule.hex())));
    }
  }

  private void calls() {
    var at = at("CallRules");
    var rules = CallRules.load(at.hex(), chain.web3j(), chain.reader(), Sender.NO_GAS);
    var next = wanted.permissions();
    var places = new HashSet<>(next.keySet());
    new MandateReader(chain, agentId)
        .logs(at, Set.of(MandateReader.topic(CallRules.PERMISSIONSET_EVENT)))
        .forEach(
            log ->
                places.add(
                    new Permission.Place(
                        MandateReader.number(log.topics().get(2)),
                        MandateReader.address(log.topics().get(3)),
                        log.data().substring(0, 10))));
    for (var place :
        places.stream()
            .sorted(
                Comparator.comparing(Permission.Place::chainId)
                    .thenComparing(Permission.Place::target)
                    .thenComparing(Permission.Place::selector))
            .toList()) {
      var selector = Numeric.hexStringToByteArray(place.selector());
      var said =
          Sender.read(
              "permission",
              () ->
                  rules
                      .permission(agentId, place.chainId(), place.target().hex(), selector)
                      .send());
      var was =
          new Permission(
              CallKind.values()[said.kind.intValueExact()],
              said.amountWord.intValueExact(),
              said.recipientWord.intValueExact(),
              said.assetWord.intValueExact(),
              said.listed);
      var is = next.getOrDefault(place, Permission.NONE);
      change(
          was.equals(is),
          is.loosensNothingOf(was),
          "call %s of %s on chain %s".formatted(place.selector(), place.target(), place.chainId()),
          words(was),
          words(is),
          Call.of(
              "setPermission of agent " + agentId,
              at.hex(),
              rules.setPermission(
                  agentId,
                  place.chainId(),
                  place.target().hex(),
                  selector,
                  new CallRules.Permission(
                      BigInteger.valueOf(is.kind().ordinal()),
                      BigInteger.valueOf(is.amountWord()),
                      BigInteger.valueOf(is.recipientWord()),
                      BigInteger.valueOf(is.assetWord()),
                      is.listed()))));
    }
  }

  private static String words(Permission p) {
    return p.kind() == CallKind.NONE
        ? "forbidden"
        : "%s, amount in %s, recipient in %s, asset in %s%s"
            .formatted(
                p.kind(),
                word(p.amountWord()),
                word(p.recipientWord()),
                word(p.assetWord()),
                p.listed() ? " and on the list" : "");
  }

  private static String word(int place) {
    return place == Permission.ANY ? "no word" : "word " + place;
  }

  private void change(
      boolean same, boolean tighter, String field, String before, String after, Call call) {
    if (!same) {
      found.add(
          new Diff.RuleChange(
              new Line(field, before, after, tighter ? Direction.TIGHTER : Direction.LOOSER),
              call));
    }
  }

  private Address at(String name) {
    return chain.deployment().address(name);
  }
}
