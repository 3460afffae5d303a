package org.mandate.deploy;

import java.math.BigInteger;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.mandate.contracts.AccessManager;
import org.web3j.abi.EventEncoder;
import org.web3j.abi.datatypes.Event;
import org.web3j.protocol.core.methods.response.Log;
import org.web3j.utils.Numeric;

/**
 * Everything that an AccessManager says about who may do what, at one block: its events tell what
 * was ever touched, its state what became of it. So what nobody thought of is found too.
 *
 * @param members of each role, also those whose grant is still to take effect
 * @param functions role of each function that was ever given to one
 * @param admins role that grants each role, of those that were ever changed
 * @param guardians role that cancels what each role scheduled, of those that were ever changed
 * @param grantDelays between a grant of a role and its effect, of those that were ever changed
 * @param closed whether each contract is closed that ever was
 * @param targetDelays by which changes of a contract's settings wait, of those ever changed
 * @param handedTo who was first made admin after the deployer
 * @param handedIn hash of the transaction that did it; empty when there is none
 */
record AccessBook(
    SortedMap<BigInteger, SortedMap<String, Delay>> members,
    SortedMap<Function, BigInteger> functions,
    SortedMap<BigInteger, BigInteger> admins,
    SortedMap<BigInteger, BigInteger> guardians,
    SortedMap<BigInteger, Delay> grantDelays,
    SortedMap<String, Boolean> closed,
    SortedMap<String, Delay> targetDelays,
    Optional<Admin> handedTo,
    String handedIn) {

  private static final List<Event> EVENTS =
      List.of(
          AccessManager.ROLEGRANTED_EVENT,
          AccessManager.ROLEADMINCHANGED_EVENT,
          AccessManager.ROLEGUARDIANCHANGED_EVENT,
          AccessManager.ROLEGRANTDELAYCHANGED_EVENT,
          AccessManager.TARGETFUNCTIONROLEUPDATED_EVENT,
          AccessManager.TARGETCLOSED_EVENT,
          AccessManager.TARGETADMINDELAYUPDATED_EVENT);

  /** A function of a contract; both in lower-case hex. */
  record Function(String target, String selector) implements Comparable<Function> {
    @Override
    public int compareTo(Function other) {
      return (target + selector).compareTo(other.target + other.selector);
    }
  }

  /** Who was made admin, with which execution delay, seconds. */
  record Admin(String account, BigInteger delay) {}

  /**
   * A delay, and the one that takes its place.
   *
   * @param next from {@code at} on; the same as {@code now} when no change is on its way
   * @param at unix seconds; 0 when no change is on its way
   */
  record Delay(BigInteger now, BigInteger next, BigInteger at) {
    static Delay of(BigInteger seconds) {
      return new Delay(seconds, seconds, BigInteger.ZERO);
    }

    static Delay of(BigInteger now, BigInteger next, BigInteger at) {
      return at.signum() == 0 ? of(now) : new Delay(now, next, at);
    }

    @Override
    public String toString() {
      return at.signum() == 0
          ? now + " s"
          : "%s s, and %s s from time %s on".formatted(now, next, at);
    }
  }

  /**
   * Reads.
   *
   * @param from block of its creation, or before
   * @param deployer its first admin
   */
  static AccessBook read(Snapshot chain, String address, long from, String deployer) {
    var manager =
        chain.at(AccessManager.load(address, chain.web3j(), chain.reader(), Sender.NO_GAS));
    var book =
        new AccessBook(
            new TreeMap<>(),
            new TreeMap<>(),
            new TreeMap<>(),
            new TreeMap<>(),
            new TreeMap<>(),
            new TreeMap<>(),
            new TreeMap<>(),
            Optional.empty(),
            "");
    Optional<Admin> handedTo = Optional.empty();
    var handedIn = "";
    for (var log : chain.logs(from, address, EVENTS)) {
      if (is(log, AccessManager.ROLEGRANTED_EVENT)) {
        var grant = AccessManager.getRoleGrantedEventFromLog(log);
        var account = lower(grant.account);
        if (handedTo.isEmpty() && grant.roleId.signum() == 0 && !account.equals(deployer)) {
          handedTo = Optional.of(new Admin(account, grant.delay));
          handedIn = log.getTransactionHash();
        }
        book.member(manager, grant.roleId, account);
      } else {
        book.setting(manager, log, chain.timestamp());
      }
    }
    return new AccessBook(
        book.members,
        book.functions,
        book.admins,
        book.guardians,
        book.grantDelays,
        book.closed,
        book.targetDelays,
        handedTo,
        handedIn);
  }

  private void member(AccessManager manager, BigInteger role, String account) {
    var access = Sender.read("access of " + account, () -> manager.getAccess(role, account).send());
    // `since` is 0 for nobody, and lies ahead while a grant waits: that counts as what it will be.
    if (access.component1().signum() > 0) {
      members
          .computeIfAbsent(role, r -> new TreeMap<>())
          .put(account, Delay.of(access.component2(), access.component3(), access.component4()));
    }
  }

  private void setting(AccessManager manager, Log log, BigInteger now) {
    if (is(log, AccessManager.ROLEADMINCHANGED_EVENT)) {
      var role = AccessManager.getRoleAdminChangedEventFromLog(log).roleId;
      admins.put(role, Sender.read("admin of a role", () -> manager.getRoleAdmin(role).send()));
    } else if (is(log, AccessManager.ROLEGUARDIANCHANGED_EVENT)) {
      var role = AccessManager.getRoleGuardianChangedEventFromLog(log).roleId;
      guardians.put(
          role, Sender.read("guardian of a role", () -> manager.getRoleGuardian(role).send()));
    } else if (is(log, AccessManager.ROLEGRANTDELAYCHANGED_EVENT)) {
      var change = AccessManager.getRoleGrantDelayChangedEventFromLog(log);
      var delay = Sender.read("grant delay", () -> manager.getRoleGrantDelay(change.roleId).send());
      grantDelays.put(change.roleId, later(delay, change.delay, change.since, now));
    } else if (is(log, AccessManager.TARGETFUNCTIONROLEUPDATED_EVENT)) {
      var change = AccessManager.getTargetFunctionRoleUpdatedEventFromLog(log);
      functions.put(
          new Function(lower(change.target), Numeric.toHexString(change.selector)),
          Sender.read(
              "role of a function",
              () -> manager.getTargetFunctionRole(change.target, change.selector).send()));
    } else if (is(log, AccessManager.TARGETCLOSED_EVENT)) {
      var target = lower(AccessManager.getTargetClosedEventFromLog(log).target);
      closed.put(
          target, Sender.read("whether it is closed", () -> manager.isTargetClosed(target).send()));
    } else if (is(log, AccessManager.TARGETADMINDELAYUPDATED_EVENT)) {
      var change = AccessManager.getTargetAdminDelayUpdatedEventFromLog(log);
      var delay =
          Sender.read("delay of a target", () -> manager.getTargetAdminDelay(change.target).send());
      targetDelays.put(lower(change.target), later(delay, change.delay, change.since, now));
    }
  }

  private static Delay later(BigInteger is, BigInteger next, BigInteger since, BigInteger now) {
    return since.compareTo(now) > 0 ? Delay.of(is, next, since) : Delay.of(is);
  }

  private static boolean is(Log log, Event event) {
    return log.getTopics().getFirst().equals(EventEncoder.encode(event));
  }

  private static String lower(String address) {
    return address.toLowerCase(Locale.ROOT);
  }
}
