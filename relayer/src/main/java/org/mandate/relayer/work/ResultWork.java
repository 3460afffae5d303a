package org.mandate.relayer.work;

import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mandate.chain.Hash;
import org.mandate.event.IntentNotice;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentAbi;
import org.mandate.intent.Result;
import org.mandate.relayer.Journal;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.ChainTime;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EventKind;
import org.mandate.relayer.store.StoredEvent;
import org.mandate.relayer.store.StoredIntent;
import org.mandate.relayer.store.StoredMessage;
import org.mandate.relayer.store.Task;
import org.mandate.relayer.store.TransactionRow.Purpose;

/**
 * What became of intents elsewhere, told at home and settled there; and what home must send once
 * more, since a false message took its number.
 */
final class ResultWork {
  /** A report whose message did not arrive, for whatever reason, is made again after this. */
  private static final Duration REPEAT = Duration.ofMinutes(10);

  private static final Journal LOG = Journal.of("results");
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(30);
  private static final Duration SELDOM = Duration.ofHours(1);
  private static final Duration DOUBT = Duration.ofSeconds(3);
  private static final int SETTLED_AT_ONCE = 16;
  private static final long SETTLE_GAS = 300_000;

  private final Database database;
  private final long home;
  private final Map<Long, Workplace> places;
  private final Duration interval;

  /**
   * @param home id of the home chain
   * @param interval how long an intent's end waits for others
   */
  ResultWork(Database database, long home, Map<Long, Workplace> places, Duration interval) {
    this.interval = interval;
    this.database = database;
    this.home = home;
    this.places = Map.copyOf(places);
  }

  // ------------------------------------------------------------------ reporting

  /** An intent that ended here: tell home, together with others that did, unless it knows. */
  Decision report(Task task, Workplace here) {
    Optional<Decision> settled = notToReport(task.subject(), here);
    if (settled.isPresent()) return settled.get();
    List<Hash> together = new ArrayList<>(List.of(task.subject()));
    List<Hash> others =
        database.inTransaction(
            tx ->
                Task.companions(
                    tx,
                    Task.Kind.REPORT,
                    here.chain().id(),
                    task.subject(),
                    here.now().plus(Duration.ofDays(365)),
                    IntentAbi.MOST_RESULTS * 2));
    boolean full = others.size() + 1 >= IntentAbi.MOST_RESULTS;
    Instant turn = turnToReport(task.subject(), full, here);
    if (here.now().isBefore(turn)) return Decision.later(turn);
    for (Hash other : others) {
      if (together.size() == IntentAbi.MOST_RESULTS) break;
      if (notToReport(other, here).isEmpty() && isOwn(other, here)) together.add(other);
    }
    Decision all = here.attempt(Purpose.REPORT, task.subject(), here.calls().report(together));
    if (all instanceof Decision.Send send)
      return new Decision.Send(send.purpose(), together, send.call(), send.gas());
    return together.size() == 1
        ? all
        : here.attempt(
            Purpose.REPORT, task.subject(), here.calls().report(List.of(task.subject())));
  }

  /** What ended in one block is the same relayer's turn, which tells of it together. */
  private Instant turnToReport(Hash intentId, boolean full, Workplace here) {
    StoredEvent end = here.progress(intentId).orElseThrow();
    Instant ended = Instant.ofEpochSecond(end.time());
    Instant from = full ? ended : ended.plus(interval);
    Instant again = tellAgain(intentId, here).orElse(from);
    return here.turn(end.log().blockHash(), again.isAfter(from) ? again : from);
  }

  /** Whether nobody else tells of it before this relayer: then it need not wait for its time. */
  private boolean isOwn(Hash intentId, Workplace here) {
    return here.isFirst(here.progress(intentId).orElseThrow().log().blockHash())
        || !here.now().isBefore(turnToReport(intentId, false, here));
  }

  /** Why an intent is not reported now; empty: it is. */
  private Optional<Decision> notToReport(Hash intentId, Workplace here) {
    Optional<StoredEvent> last = here.progress(intentId);
    // What brings an end back that a reorg removed opens this work again.
    if (last.isEmpty()) return Optional.of(new Decision.Over());
    // What stands above an end may be made up: taken out, it leaves the end that has to be told.
    if (!isEnd(last.get(), here)) return Optional.of(closing(last.get(), here));
    Optional<StoredEvent> atHome = places.get(home).progress(intentId);
    if (atHome.filter(e -> e.kind() == EventKind.SETTLED).isPresent())
      return Optional.of(closing(atHome.get(), here));
    if (!wasSent(intentId)) {
      // Home is slower, or never sent it: then it would not listen.
      boolean never = isPastAtHome(intentId) && last.get().isFinal();
      return Optional.of(never ? new Decision.Over() : Decision.later(rarely(last.get(), here)));
    }
    if (!last.get().isFinal()) return Optional.of(Decision.later(here.lookAgain()));
    boolean known =
        database.inTransaction(tx -> StoredEvent.result(tx, home, intentId)).isPresent();
    if (known) return Optional.of(Decision.later(here.now().plus(LOOK_AGAIN)));
    return tellAgain(intentId, here)
        .filter(again -> here.now().isBefore(again))
        .map(again -> Decision.later(again));
  }

  /** Whether home finally sent it, whatever stands above that: it may be made up. */
  private boolean wasSent(Hash intentId) {
    return database
        .inTransaction(tx -> StoredEvent.about(tx, intentId, home, EventKind.DISPATCHED))
        .stream()
        .anyMatch(StoredEvent::isFinal);
  }

  /** Whether home is final beyond the intent's deadline: it never sends what it did not by then. */
  private boolean isPastAtHome(Hash intentId) {
    long mark = places.get(home).row().finalizedTime();
    return database
        .inTransaction(tx -> StoredIntent.of(tx, intentId))
        .filter(stored -> BigInteger.valueOf(mark).compareTo(stored.intent().deadline()) > 0)
        .isPresent();
  }

  /** The longer nothing happens, the less often it is looked at, once an hour at least. */
  private static Instant rarely(StoredEvent last, Workplace here) {
    Duration age = Duration.between(Instant.ofEpochSecond(last.time()), here.now());
    long pause = Math.clamp(age.toSeconds() / 8, LOOK_AGAIN.toSeconds(), SELDOM.toSeconds());
    return here.now().plusSeconds(pause);
  }

  /**
   * When to tell home again, which was told before and did not drop it since: later than what was
   * said becomes final here and is delivered.
   */
  private Optional<Instant> tellAgain(Hash intentId, Workplace here) {
    Optional<StoredEvent> report =
        database.inTransaction(tx -> StoredEvent.lastReport(tx, here.chain().id(), intentId));
    if (report.isEmpty()) return Optional.empty();
    Hash message = report.get().log().topics().get(1);
    boolean arrived =
        !database
            .inTransaction(tx -> StoredEvent.about(tx, message, home, EventKind.DELIVERED))
            .isEmpty();
    // It arrived and no result is there: it was dropped.
    boolean dropped =
        database
            .inTransaction(tx -> StoredEvent.about(tx, intentId, home, EventKind.DROPPED))
            .stream()
            .anyMatch(e -> arrived);
    if (dropped) return Optional.empty();
    ChainRow row = here.row();
    long slow = row.finalized().isPresent() ? Math.max(0, row.headTime() - row.finalizedTime()) : 0;
    return Optional.of(Instant.ofEpochSecond(report.get().time()).plusSeconds(slow).plus(REPEAT));
  }

  private boolean isEnd(StoredEvent last, Workplace here) {
    return switch (last.kind()) {
      case EXECUTED, EXPIRED, FAILED -> true;
      // What was refuted is as if it had never come.
      case CANCELLED ->
          database
              .inTransaction(
                  tx ->
                      StoredEvent.ofTransaction(
                          tx, here.chain().id(), last.log().transaction(), EventKind.REFUTED))
              .stream()
              .noneMatch(e -> e.log().topics().get(1).equals(last.log().topics().get(1)));
      default -> false;
    };
  }

  // ------------------------------------------------------------------ settling

  /** Home was told what became of an intent: settle it, with others, when nobody objected. */
  Decision settle(Task task, Workplace here) {
    Optional<StoredEvent> told =
        database.inTransaction(tx -> StoredEvent.lastTold(tx, home, task.subject()));
    if (told.isEmpty()) return new Decision.Over(); // told again, it opens this again
    if (told.get().kind() == EventKind.DROPPED) return closing(told.get(), here);
    Optional<StoredEvent> last = here.progress(task.subject());
    if (last.filter(e -> e.kind() == EventKind.DISPATCHED).isEmpty()) {
      // A node may have left out the dispatch: what home was told is final after all before it.
      return last.filter(e -> !e.isFinal()).isPresent()
          ? Decision.later(here.lookAgain())
          : closing(told.get(), here);
    }
    if (!isTrue(task.subject(), here)) return doubted(task, here);
    long due = here.callsOfMost().due(task.subject());
    if (due == 0) return Decision.later(here.lookAgain()); // a node that lags
    Instant turn = turnToSettle(task.subject(), here, due);
    // The window may be lengthened meanwhile.
    Instant look = here.now().plus(LOOK_AGAIN);
    if (here.now().isBefore(turn)) return Decision.later(turn.isBefore(look) ? turn : look);
    List<Hash> together = settleable(task.subject(), here);
    if (together.size() > 1) {
      Optional<Decision> batch =
          Batch.of(
              here,
              Purpose.SETTLE,
              task.subject(),
              together,
              some -> here.calls().settle(some.stream().map(id -> intent(id, here)).toList()),
              some -> 100_000 + SETTLE_GAS * some.size());
      if (batch.isPresent()) return batch.get();
    }
    return here.attempt(
        Purpose.SETTLE, task.subject(), here.calls().settleOne(intent(task.subject(), here)));
  }

  /**
   * What home was told in one transaction is the same relayer's turn, which settles it together.
   */
  private Instant turnToSettle(Hash intentId, Workplace here, long due) {
    Hash told = result(intentId).map(r -> r.log().transaction()).orElse(intentId);
    return here.turn(told, ChainTime.of(due));
  }

  private List<Hash> settleable(Hash first, Workplace here) {
    List<Hash> together = new ArrayList<>(List.of(first));
    List<Hash> others =
        database.inTransaction(
            tx ->
                Task.companions(
                    tx,
                    Task.Kind.SETTLE,
                    here.chain().id(),
                    first,
                    here.now().plus(Worker.LEASE), // also what another worker looks at just now
                    SETTLED_AT_ONCE - 1));
    for (Hash other : others) {
      boolean open =
          here.progress(other).filter(e -> e.kind() == EventKind.DISPATCHED).isPresent()
              && isOwnToSettle(other, here)
              && isTrue(other, here);
      if (open) together.add(other);
    }
    return together;
  }

  /** Whether it is this relayer's turn for it too: else another one settles it. */
  private boolean isOwnToSettle(Hash intentId, Workplace here) {
    return result(intentId)
        .filter(r -> !here.now().isBefore(turnToSettle(intentId, here, r.settleAt())))
        .isPresent();
  }

  /** What home was told of it last. */
  private Optional<IntentNotice.ResultReceived> result(Hash intentId) {
    return database
        .inTransaction(tx -> StoredEvent.result(tx, home, intentId))
        .flatMap(StoredEvent::notice)
        .filter(IntentNotice.ResultReceived.class::isInstance)
        .map(IntentNotice.ResultReceived.class::cast);
  }

  /**
   * Whether what home was told is what became of the intent in a final block of its chain. A quorum
   * that lies gets no help.
   */
  private boolean isTrue(Hash intentId, Workplace here) {
    Optional<Result> told =
        result(intentId).map(r -> new Result(r.intentId(), r.outcome(), r.moved()));
    BigInteger where = intent(intentId, here).chainId();
    Workplace there = where.bitLength() < 64 ? places.get(where.longValue()) : null;
    return there != null
        && there
            .progress(intentId)
            .filter(StoredEvent::isFinal)
            .flatMap(last -> last.step(there.chain().domain()))
            .filter(last -> told.filter(r -> Genuine.isOutcome(last, r)).isPresent())
            .isPresent();
  }

  private static Decision doubted(Task task, Workplace here) {
    if (task.attempts() == 3) { // not while its chain is only a little slower
      LOG.alarm(
          "home was told what is not so: not settled, a guardian should drop it",
          "intent",
          task.subject());
    }
    return new Decision.Later(
        here.now().plus(DOUBT),
        Optional.of(
            Refusal.of(
                "NOT_SO",
                "no final block of its chain shows what home was told of intent " + task.subject(),
                "a guardian should drop the result at once; if that chain is only slow, nothing")));
  }

  // ------------------------------------------------------------------ sending once more

  /**
   * An intent whose message cannot be delivered, since another one was delivered under its number,
   * or was by a gateway that was closed since: home sends it again. Past its deadline, too: then it
   * expires there, and home gives back what it was counted for.
   */
  Decision resend(Task task, Workplace here) {
    Optional<StoredEvent> last = here.progress(task.subject());
    if (last.isEmpty())
      return isPastAtHome(task.subject())
          ? new Decision.Over()
          : Decision.later(here.now().plus(LOOK_AGAIN));
    if (last.get().kind() != EventKind.DISPATCHED || !last.get().isFinal())
      return closing(last.get(), here);
    Intent intent = intent(task.subject(), here);
    Workplace there = places.get(intent.chainId().longValueExact());
    if (there == null) return unserved(intent, here);
    Optional<StoredEvent> arrived =
        there.progress(task.subject()).filter(e -> hasArrived(e, there));
    boolean waits = arrived.filter(e -> e.kind() == EventKind.QUEUED).isPresent();
    if (arrived.isPresent() && !waits) return closing(arrived.get(), here);
    if (there.outage().isOn(here.now())) return Decision.later(here.now().plus(LOOK_AGAIN));
    boolean ended = waits && there.callsOfMost().isEnded(intent);
    if (waits && !(ended && there.callsOfMost().takesMessages()))
      return Decision.later(here.now().plus(LOOK_AGAIN));
    List<StoredMessage> sent =
        database.inTransaction(tx -> StoredMessage.about(tx, home, task.subject()));
    boolean again =
        database
            .inTransaction(tx -> StoredEvent.about(tx, task.subject(), home, EventKind.RESENT))
            .stream()
            .map(e -> IntentWork.messageOf(e))
            .anyMatch(id -> sent.stream().noneMatch(m -> m.id().equals(id)));
    // This relayer did not attest it yet.
    if (sent.isEmpty()) return Decision.later(here.now().plus(LOOK_AGAIN));
    // Sent again already, and not final yet; or one of them can still be delivered.
    if (again) return Decision.later(here.lookAgain());
    if (!sent.stream().allMatch(m -> isTaken(m, there) || ended && isDelivered(m, there)))
      return Decision.later(here.now().plus(LOOK_AGAIN));
    Instant turn = here.turn(task.subject(), sent.getLast().attestedAt());
    if (here.now().isBefore(turn)) return Decision.later(turn);
    return here.attempt(Purpose.RESEND, task.subject(), here.calls().resend(intent));
  }

  private static Decision unserved(Intent intent, Workplace here) {
    return new Decision.Later(
        here.now().plus(SELDOM),
        Optional.of(
            Refusal.of(
                "CHAIN",
                "chain " + intent.chainId() + " is not configured any more",
                "configure it again, or send the transaction yourself")));
  }

  private boolean isDelivered(StoredMessage message, Workplace there) {
    return !database
        .inTransaction(
            tx -> StoredEvent.about(tx, message.id(), there.chain().id(), EventKind.DELIVERED))
        .isEmpty();
  }

  /** What was refuted is as if it had never come. */
  private boolean hasArrived(StoredEvent there, Workplace place) {
    return there.kind() != EventKind.CANCELLED || isEnd(there, place);
  }

  /**
   * Whether, finally, another message was delivered under that one's number: more than half of the
   * nodes say that it is used, and no final block holds the delivery of this one.
   *
   * @throws org.mandate.chain.NodeException when they do not agree
   */
  boolean isTaken(StoredMessage message, Workplace there) {
    return there
        .finalBlock()
        .filter(
            block ->
                there
                    .calls()
                    .isDelivered(
                        message.message().sourceChainId(), message.message().nonce(), block.hash()))
        .filter(
            block ->
                database
                    .inTransaction(
                        tx ->
                            StoredEvent.about(
                                tx, message.id(), there.chain().id(), EventKind.DELIVERED))
                    .isEmpty())
        .isPresent();
  }

  private Intent intent(Hash id, Workplace here) {
    return database
        .inTransaction(tx -> StoredIntent.of(tx, id))
        .map(StoredIntent::intent)
        .orElseGet(() -> here.intent(id).intent());
  }

  private static Decision closing(StoredEvent last, Workplace here) {
    return last.isFinal() ? new Decision.Over() : Decision.later(here.lookAgain());
  }
}
