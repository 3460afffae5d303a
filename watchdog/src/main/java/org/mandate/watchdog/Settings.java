package org.mandate.watchdog;

import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Deployment;
import org.mandate.chain.Log;
import org.mandate.contracts.Approvers;
import org.mandate.contracts.HoursRule;
import org.mandate.contracts.PriceFeeds;
import org.mandate.contracts.ReputationRule;
import org.mandate.event.ContractEvents;
import org.mandate.policy.BeyondBasic;
import org.mandate.policy.BookRule;
import org.mandate.policy.CallKind;
import org.mandate.policy.Categories;
import org.mandate.policy.Hours;
import org.mandate.policy.Panel;
import org.mandate.policy.Permission;
import org.mandate.policy.PriceFeed;
import org.mandate.policy.Prices;
import org.mandate.policy.Recipient;
import org.mandate.policy.Reputation;
import org.mandate.policy.Sequencer;
import org.mandate.policy.Thresholds;

/** Reads what the contracts of home's rules say of how they are set. */
final class Settings {
  private final Address hours;
  private final Address categories;
  private final Address reputation;

  Settings(Deployment home) {
    this(home.address("HoursRule"), home.address("CategoryRule"), home.address("ReputationRule"));
  }

  Settings(Address hours, Address categories, Address reputation) {
    this.hours = hours;
    this.categories = categories;
    this.reputation = reputation;
  }

  /** An agent of which nothing was set. */
  BeyondBasic none() {
    return new BeyondBasic(
        Map.of(),
        List.of(),
        Map.of(
            hours, Hours.NEVER_SET,
            categories, Categories.NEVER_SET,
            reputation, Reputation.NEVER_SET),
        Map.of());
  }

  /** What the log changes of its agent's settings; empty: nothing. */
  Optional<UnaryOperator<BeyondBasic>> change(LogWords log) {
    var topic = log.topic(0);
    if (topic.equals(Topics.PERMISSION_SET)) {
      return Optional.of(permission(log));
    }
    if (topic.equals(Topics.THRESHOLDS_SET)) {
      return Optional.of(thresholds(log));
    }
    if (topic.equals(Topics.RULE_ADDED)) {
      return Optional.of(settings -> settings.withRule(log.topicAddress(2)));
    }
    if (topic.equals(Topics.RULE_REMOVED)) {
      return Optional.of(settings -> settings.withoutRule(log.topicAddress(2)));
    }
    if (topic.equals(Topics.HOURS_SET)) {
      return Optional.of(settings -> settings.with(hours, hours(log.log())));
    }
    if (topic.equals(Topics.CATEGORY_SET)) {
      Recipient target = new Recipient(log.topicNumber(2), log.topicAddress(3));
      return Optional.of(categorised(rule -> rule.with(target, log.word(0))));
    }
    if (topic.equals(Topics.CATEGORY_LIMIT_SET)) {
      Categories.Kind kind = new Categories.Kind(log.topic(2), log.topicAddress(3));
      return Optional.of(categorised(rule -> rule.with(kind, log.number(0))));
    }
    if (topic.equals(Topics.REQUIREMENT_SET)) {
      return Optional.of(settings -> settings.with(reputation, requirement(log.log())));
    }
    return Optional.empty();
  }

  private static UnaryOperator<BeyondBasic> permission(LogWords log) {
    String selector = Bytes.of(log.word(0).bytes()).hex().substring(0, 10);
    Permission.Place place =
        new Permission.Place(log.topicNumber(2), log.topicAddress(3), selector);
    Permission permission =
        new Permission(
            CallKind.values()[log.number(1).intValueExact()],
            log.number(2).intValueExact(),
            log.number(3).intValueExact(),
            log.number(4).intValueExact(),
            log.flag(5));
    return settings -> settings.with(place, permission);
  }

  private static UnaryOperator<BeyondBasic> thresholds(LogWords log) {
    Thresholds thresholds =
        new Thresholds(log.number(0), log.number(1), log.number(2).intValueExact(), log.number(3));
    return settings -> settings.with(log.topicAddress(2), thresholds);
  }

  private UnaryOperator<BeyondBasic> categorised(UnaryOperator<Categories> change) {
    return settings -> {
      BookRule present = settings.rules().getOrDefault(categories, Categories.NEVER_SET);
      return present instanceof Categories rule
          ? settings.with(categories, change.apply(rule))
          : settings;
    };
  }

  private static Hours hours(Log log) {
    return new Hours(
        HoursRule.getHoursSetEventFromLog(ContractEvents.web3j(log)).windows.stream()
            .map(
                w ->
                    new Hours.Window(
                        w.weekdays.intValueExact(),
                        w.opens.intValueExact(),
                        w.duration.intValueExact()))
            .toList());
  }

  private static Reputation requirement(Log log) {
    ReputationRule.Requirement r =
        ReputationRule.getRequirementSetEventFromLog(ContractEvents.web3j(log)).requirement;
    return new Reputation(
        Address.of(r.registry),
        r.minCount,
        r.identity,
        r.minValue,
        r.tag1,
        r.tag2,
        r.clients.stream().map(Address::of).toList());
  }

  /** The agent's approvers from now on; empty: the log says nothing of them. */
  Optional<Panel> panel(LogWords log) {
    if (!log.topic(0).equals(Topics.APPROVERS_SET)) {
      return Optional.empty();
    }
    var event = Approvers.getApproversSetEventFromLog(ContractEvents.web3j(log.log()));
    return Optional.of(
        new Panel(
            event.threshold.intValueExact(), event.approvers.stream().map(Address::of).toList()));
  }

  /** The prices from now on; empty: the log says nothing of them. */
  Optional<Prices> prices(LogWords log, Prices before) {
    if (log.topic(0).equals(Topics.FEED_SET)) {
      PriceFeeds.Feed f = PriceFeeds.getFeedSetEventFromLog(ContractEvents.web3j(log.log())).feed;
      return Optional.of(
          before.with(
              new Prices.Place(log.topicNumber(1), log.topicAddress(2)),
              new PriceFeed(
                  Address.of(f.feed),
                  f.maxAge.longValueExact(),
                  f.minAnswer.intValueExact(),
                  f.maxAnswer.intValueExact(),
                  f.rangeExponent.intValueExact(),
                  f.assetDecimals.intValueExact(),
                  f.answerDecimals.intValueExact(),
                  f.checksSequencer)));
    }
    if (log.topic(0).equals(Topics.SEQUENCER_SET)) {
      BigInteger grace = log.number(1);
      Address feed = Address.of("0x%040x".formatted(log.number(0)));
      return Optional.of(before.with(new Sequencer(feed, grace.longValueExact())));
    }
    return Optional.empty();
  }
}
