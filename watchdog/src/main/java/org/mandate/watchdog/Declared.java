package org.mandate.watchdog;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.event.IntentEvent;
import org.mandate.policy.CallKind;
import org.mandate.watchdog.Allowances.Allowance;

/**
 * What entries say that leaves an account.
 *
 * @param moved by asset, what was executed, paid and withdrawn; zero of an asset that has a limit
 * @param approved what spenders may take from now on; zero of one from whom it was taken back
 * @param taken what calls moved to contracts that may have used a standing approval for it
 * @param called whom the account's owner had it call: that event does not say what leaves
 */
record Declared(
    Map<Address, BigInteger> moved,
    Map<Allowance, BigInteger> approved,
    Map<Allowance, BigInteger> taken,
    Set<Address> called) {
  static final Declared NOTHING = new Declared(Map.of(), Map.of(), Map.of(), Set.of());

  private static final int WORD = 32;
  private static final int SELECTOR = 4;
  private static final BigInteger UNLIMITED = BigInteger.TWO.pow(256).subtract(BigInteger.ONE);

  /** All that there is may be taken, as DSToken has it. */
  private static final Bytes APPROVING_ALL = selector("approve(address)");

  /** Whatever tokens have to raise an allowance: all name the spender, then an amount. */
  private static final Set<Bytes> APPROVING =
      Stream.of(
              "approve(address,uint256)",
              "increaseAllowance(address,uint256)",
              "increaseApproval(address,uint256)",
              "approveAndCall(address,uint256)",
              "approveAndCall(address,uint256,bytes)")
          .map(Declared::selector)
          .collect(Collectors.toUnmodifiableSet());

  /** Of OwnerCalled: the value, where the data begins, how long it is. */
  private static final int BEFORE_DATA = 3 * WORD;

  Declared {
    moved = Map.copyOf(moved);
    approved = Map.copyOf(approved);
    taken = Map.copyOf(taken);
    called = Set.copyOf(called);
  }

  static Declared by(Address account, List<Page> pages) {
    return sum(
        pages.stream()
            .flatMap(page -> page.entries().stream())
            .map(entry -> by(account, entry))
            .toList());
  }

  Declared and(Declared later) {
    return sum(List.of(this, later));
  }

  /** What it says of these assets. Of what the owner's calls move nobody knows which. */
  Declared only(Predicate<Address> assets) {
    return new Declared(
        where(moved, assets),
        where(approved, who -> assets.test(who.asset())),
        where(taken, who -> assets.test(who.asset())),
        called);
  }

  /** Whether it says anything of what that spender may take. */
  boolean names(Allowance allowance) {
    return approved.containsKey(allowance) || taken.containsKey(allowance);
  }

  /**
   * Whether calls took of the asset. Whose approval they used is not said: a contract may have
   * another one take for it.
   */
  boolean pulls(Address asset) {
    return taken.keySet().stream().anyMatch(who -> who.asset().equals(asset));
  }

  BigInteger moved(Address asset) {
    return moved.getOrDefault(asset, BigInteger.ZERO);
  }

  private static Declared by(Address account, Entry entry) {
    try {
      return switch (entry) {
        case Entry.Step(IntentEvent.Executed e) ->
            e.intent().account().equals(account) ? executed(e) : NOTHING;
        case Entry.Step(IntentEvent.Paid e) -> moved(e.intent().asset(), e.intent().amount());
        case Entry.Step other -> NOTHING;
        case Entry.Withdrawn withdrawn -> moved(withdrawn.asset(), withdrawn.amount());
        case Entry.Policy(var log) -> said(LogWords.of(log));
        case Entry.Notice notice -> NOTHING;
        case Entry.Order order -> NOTHING;
        case Entry.OrderConfirmed confirmed -> NOTHING;
        case Entry.OrderVetoed vetoed -> NOTHING;
        case Entry.HashPosted posted -> NOTHING;
        case Entry.GatewayClosed closed -> NOTHING;
        case Entry.Delivered delivered -> NOTHING;
        case Entry.RelayersSet set -> NOTHING;
        case Entry.Audit audit -> NOTHING;
        case Entry.Registry registry -> NOTHING;
        case Entry.Unreadable unreadable -> NOTHING;
      };
    } catch (IllegalArgumentException e) {
      return NOTHING; // a node lies: no log of our account is like that
    }
  }

  private static Declared executed(IntentEvent.Executed event) {
    Address asset = event.intent().asset();
    return switch (CallKind.of(event.intent())) {
      case APPROVE ->
          new Declared(
              Map.of(asset, BigInteger.ZERO),
              approval(asset, event.intent().data().bytes()),
              Map.of(),
              Set.of());
      case PULL ->
          new Declared(
              Map.of(asset, event.moved()),
              Map.of(),
              Map.of(new Allowance(asset, event.intent().to()), event.moved()),
              Set.of());
      case SEND, NONE -> moved(asset, event.moved());
    };
  }

  private static Declared said(LogWords log) {
    if (log.topic(0).equals(Topics.LIMIT_SET) && log.number(1).signum() > 0) {
      return moved(log.topicAddress(2), BigInteger.ZERO);
    }
    if (log.topic(0).equals(Topics.OWNER_CALLED)) {
      Address target = log.topicAddress(1);
      int length = log.number(2).min(BigInteger.valueOf(log.data().length)).intValueExact();
      byte[] call = Arrays.copyOfRange(log.data(), BEFORE_DATA, BEFORE_DATA + length);
      return new Declared(Map.of(), approval(target, call), Map.of(), Set.of(target));
    }
    if (log.topic(0).equals(Topics.APPROVAL_REVOKED)) {
      Allowance revoked = new Allowance(log.topicAddress(1), log.topicAddress(2));
      return new Declared(Map.of(), Map.of(revoked, BigInteger.ZERO), Map.of(), Set.of());
    }
    return NOTHING;
  }

  private static Declared moved(Address asset, BigInteger amount) {
    return new Declared(Map.of(asset, amount), Map.of(), Map.of(), Set.of());
  }

  /** What the call gives, whatever is behind it; empty: nothing. */
  private static Map<Allowance, BigInteger> approval(Address asset, byte[] call) {
    int amount = SELECTOR + WORD;
    if (call.length < amount) {
      return Map.of();
    }
    Bytes selector = Bytes.of(Arrays.copyOf(call, SELECTOR));
    Allowance given =
        new Allowance(asset, Address.of(Arrays.copyOfRange(call, amount - 20, amount)));
    if (selector.equals(APPROVING_ALL)) {
      return Map.of(given, UNLIMITED);
    }
    if (call.length < amount + WORD || !APPROVING.contains(selector)) {
      return Map.of();
    }
    return Map.of(given, new BigInteger(1, Arrays.copyOfRange(call, amount, amount + WORD)));
  }

  private static Bytes selector(String function) {
    return Bytes.of(Hash.keccak(function).hex().substring(0, 10));
  }

  private static <K> Map<K, BigInteger> where(Map<K, BigInteger> all, Predicate<K> which) {
    return all.entrySet().stream()
        .filter(one -> which.test(one.getKey()))
        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  private static Declared sum(List<Declared> all) {
    Map<Address, BigInteger> moved = new HashMap<>();
    Map<Allowance, BigInteger> approved = new HashMap<>();
    Map<Allowance, BigInteger> taken = new HashMap<>();
    Set<Address> called = new HashSet<>();
    for (Declared one : all) {
      one.moved.forEach((asset, amount) -> moved.merge(asset, amount, BigInteger::add));
      one.approved.forEach((who, amount) -> approved.merge(who, amount, BigInteger::add));
      one.taken.forEach((who, amount) -> taken.merge(who, amount, BigInteger::add));
      called.addAll(one.called);
    }
    return new Declared(moved, approved, taken, called);
  }
}
