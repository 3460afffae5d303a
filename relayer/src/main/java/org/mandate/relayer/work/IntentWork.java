package org.mandate.relayer.work;

import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.contracts.HomeExecutor;
import org.mandate.event.ContractEvents;
import org.mandate.event.IntentEvent;
import org.mandate.event.IntentNotice;
import org.mandate.intent.Intent;
import org.mandate.policy.Tier;
import org.mandate.relayer.Journal;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.ChainTime;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EventKind;
import org.mandate.relayer.store.StoredApproval;
import org.mandate.relayer.store.StoredEvent;
import org.mandate.relayer.store.StoredIntent;
import org.mandate.relayer.store.StoredMessage;
import org.mandate.relayer.store.Submission;
import org.mandate.relayer.store.Task;
import org.mandate.relayer.store.TransactionRow.Purpose;

/**
 * What an intent calls for on one chain, as its last event there says. Looks at the database first,
 * then asks the chain.
 */
final class IntentWork {
  private static final Journal LOG = Journal.of("intents");
  private static final String NONCE_USED = HomeExecutor.EXECUTORNONCEUSED_ERROR.getName() + "(";
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);

  /** Who approves may be set again; an approval that comes is looked at right away. */
  private static final Duration PANEL_LOOK = Duration.ofSeconds(30);

  /** The dispute window may be set again, and a node may lie about it. */
  private static final Duration WINDOW_LOOK = Duration.ofSeconds(30);

  /** A gateway may be closed while what it brought waits. */
  private static final Duration GATEWAY_LOOK = Duration.ofMinutes(5);

  /** What home did not send may be looked at so seldom: when it did after all, that wakes it. */
  private static final Duration FORGED_LOOK = Duration.ofMinutes(10);

  /** How long a payment that is due waits for a block of then, to go along with others. */
  private static final Duration NEXT_BLOCK = Duration.ofSeconds(15);

  private static final int EXECUTED_AT_ONCE = 16;
  private static final long BATCH_GAS = 100_000;
  private static final long EXECUTE_GAS = 450_000;

  private final Database database;
  private final long home;

  /**
   * @param home id of the home chain
   */
  IntentWork(Database database, long home) {
    this.database = database;
    this.home = home;
  }

  /**
   * An intent that was handed to this relayer: submit it at home, until it is there or too late.
   */
  Decision submit(Task task, Workplace home) {
    // How far home is final before what is final there: whatever time passes in between.
    ChainRow row = home.row();
    Optional<StoredEvent> progress = home.progress(task.subject());
    if (progress.isPresent()) return progress.get().isFinal() ? new Decision.Over() : again(home);
    StoredIntent stored = home.intent(task.subject());
    Intent intent = stored.intent();
    if (isPast(intent, row.finalizedTime())) {
      // The contract takes nothing after the deadline, and no final block up to it holds the
      // intent.
      return new Decision.Over(tx -> StoredIntent.lapse(tx, task.subject()));
    }
    if (isPast(intent, row.headTime())) return again(home);
    Optional<Submission.Rival> rival =
        database
            .inTransaction(tx -> Submission.of(tx, this.home, List.of(task.subject())))
            .getFirst()
            .rival();
    if (rival.isPresent()) return contested(task, rival.get(), home);
    return stored
        .signature()
        .map(signature -> submit(task.subject(), intent, signature, home))
        .orElseGet(Decision.Over::new);
  }

  private static Decision submit(Hash id, Intent intent, Bytes signature, Workplace home) {
    Decision attempted = home.attempt(Purpose.SUBMIT, id, home.calls().submit(intent, signature));
    // Somebody submitted it, of which this relayer has not read yet: nothing stands in its way.
    return attempted instanceof Decision.Blocked blocked
            && blocked.why().message().contains(NONCE_USED)
            && home.callsOfMost().nonceUse(id, intent) == ContractCalls.NonceUse.ITSELF
        ? Decision.later(home.now().plus(Worker.ON_ITS_WAY))
        : attempted;
  }

  /** Another intent has its nonce, or will have it: which, a final block says. */
  private Decision contested(Task task, Submission.Rival rival, Workplace home) {
    if (!rival.isFinal())
      return new Decision.Later(home.lookAgain(), Optional.of(contested(rival)));
    LOG.info("superseded", "intent", task.subject(), "by", rival.id());
    return new Decision.Over(tx -> StoredIntent.supersede(tx, Map.of(task.subject(), rival.id())));
  }

  private static Refusal contested(Submission.Rival rival) {
    return Refusal.of(
        "NONCE",
        "intent %s of the same agent with the same nonce is on its way, or on the chain and not final yet: the chain takes one of them"
            .formatted(rival.id()),
        "wait until that one is final; only if this is another payment, sign it with a fresh random nonce");
  }

  /** An intent that waits at home: proceed when its wait is over, close it when it is too late. */
  Decision proceed(Task task, Workplace home) {
    Optional<StoredEvent> progress = home.progress(task.subject());
    if (progress.isEmpty()) return forget(task, home);
    StoredEvent last = progress.get();
    return switch (event(last, home)) {
      case IntentEvent.Admitted admitted -> {
        if (isPast(admitted.intent(), home.row().headTime()))
          yield expire(task, home, admitted.intent());
        yield waited(task, home, admitted);
      }
      case IntentEvent.Denied e -> closing(last, home);
      case IntentEvent.Dispatched e -> closing(last, home);
      case IntentEvent.Queued e -> closing(last, home);
      case IntentEvent.Executed e -> closing(last, home);
      case IntentEvent.Cancelled e -> closing(last, home);
      case IntentEvent.Disputed e -> closing(last, home);
      case IntentEvent.Upheld e -> closing(last, home);
      case IntentEvent.Expired e -> closing(last, home);
      case IntentEvent.Failed e -> closing(last, home);
      case IntentEvent.Settled e -> closing(last, home);
      case IntentEvent.Paid e -> closing(last, home);
      case IntentEvent.Refused e -> closing(last, home);
    };
  }

  /**
   * Proceeds when the wait is over, with the approvals that were handed over here when there are
   * any: they may be asked for although they were not when the intent was admitted.
   */
  private Decision waited(Task task, Workplace home, IntentEvent.Admitted admitted) {
    Intent intent = admitted.intent();
    long now = home.row().headTime();
    List<StoredApproval> approvals =
        database.inTransaction(tx -> StoredApproval.of(tx, task.subject())).stream()
            .filter(a -> a.deadline() >= now)
            .toList();
    boolean needed = admitted.tier() == Tier.APPROVAL.ordinal();
    if (approvals.isEmpty() && !needed) {
      return whenDue(task, home, admitted.eta(), Purpose.PROCEED, home.calls().proceed(intent));
    }
    ContractCalls.Panel panel = home.callsOfMost().panel(intent.agentId());
    // All that is given must be valid: who left the panel or took it back counts no more.
    List<StoredApproval> valid =
        approvals.stream()
            .filter(a -> panel.approvers().contains(a.approver()))
            .filter(a -> home.callsOfMost().isApproval(intent.agentId(), a))
            .toList();
    if (panel.threshold() == 0 || valid.size() < panel.threshold()) {
      return needed
          ? lacking(home, panel, valid.size())
          : whenDue(task, home, admitted.eta(), Purpose.PROCEED, home.calls().proceed(intent));
    }
    return whenDue(
        task,
        home,
        admitted.eta(),
        Purpose.PROCEED,
        home.calls().proceedApproved(intent, valid.subList(0, panel.threshold())));
  }

  private static Decision lacking(Workplace home, ContractCalls.Panel panel, int given) {
    String next =
        panel.threshold() == 0 || panel.threshold() > panel.approvers().size()
            ? "ask governance to set the agent's approvers"
            : "have approvers sign it: " + panel.approvers();
    return new Decision.Later(
        home.now().plus(PANEL_LOOK),
        Optional.of(
            new Refusal(
                "APPROVAL",
                "%d of the %d approvals that it needs are here".formatted(given, panel.threshold()),
                Optional.of(Integer.toString(panel.threshold())),
                Optional.of(Integer.toString(Math.max(0, panel.threshold() - given))),
                Optional.empty(),
                next)));
  }

  /**
   * An intent that arrived here: execute it after the window, resolve its dispute, or close it when
   * it is too late.
   */
  Decision execute(Task task, Workplace here) {
    Optional<StoredEvent> progress = here.progress(task.subject());
    if (progress.isEmpty()) return forget(task, here);
    StoredEvent last = progress.get();
    return switch (event(last, here)) {
      case IntentEvent.Queued queued -> {
        if (!wasDispatched(queued)) yield forged(task, here, queued);
        yield open(task, here, executableAt(queued, last));
      }
      case IntentEvent.Upheld upheld -> open(task, here, upheld.executableAt());
      case IntentEvent.Disputed disputed ->
          whenDue(
              task,
              here,
              disputed.resolveBy() + 1,
              Purpose.RESOLVE,
              here.calls().resolve(here.intent(task.subject()).intent()));
      case IntentEvent.Admitted e -> closing(last, here);
      case IntentEvent.Denied e -> closing(last, here);
      case IntentEvent.Dispatched e -> closing(last, here);
      case IntentEvent.Executed e -> closing(last, here);
      case IntentEvent.Cancelled e -> closing(last, here);
      case IntentEvent.Expired e -> closing(last, here);
      case IntentEvent.Failed e -> closing(last, here);
      case IntentEvent.Settled e -> closing(last, here);
      case IntentEvent.Paid e -> closing(last, here);
      case IntentEvent.Refused e -> closing(last, here);
    };
  }

  /**
   * Whether home finally sent that very message for that intent. A quorum that lies gets no help in
   * carrying it out.
   */
  private boolean wasDispatched(IntentEvent.Queued queued) {
    return database.inTransaction(tx -> StoredEvent.about(tx, queued.intentId())).stream()
        .filter(e -> e.chainId() == home && e.isFinal())
        .anyMatch(
            e ->
                switch (e.kind()) {
                  case DISPATCHED -> dispatched(e, queued.messageId()).isPresent();
                  case RESENT -> resent(e, queued.messageId()).isPresent();
                  default -> false;
                });
  }

  /**
   * Ever more seldom: what home finally sent wakes it. It ends where both chains are final beyond
   * the deadline, by when home never sent the intent.
   */
  private Decision forged(Task task, Workplace here, IntentEvent.Queued queued) {
    if (isPast(queued.intent(), here.row().finalizedTime()) && wasNeverSent(queued.intent(), task))
      return new Decision.Over();
    int doublings = Math.clamp(task.attempts() - 1, 0, 10);
    Duration pause = LOOK_AGAIN.multipliedBy(1L << doublings);
    Instant again = here.now().plus(pause.compareTo(FORGED_LOOK) < 0 ? pause : FORGED_LOOK);
    if (task.attempts() == 3) { // not while home is only a little slower
      LOG.alarm(
          "home did not send what arrived: not executed",
          "intent",
          queued.intentId(),
          "messageId",
          queued.messageId(),
          "chain",
          here.chain().id());
    }
    return new Decision.Later(
        again,
        Optional.of(
            Refusal.of(
                "NOT_DISPATCHED",
                "no final block of home chain holds the dispatch of message " + queued.messageId(),
                "a guardian should dispute it at once; if home is only slow, nothing")));
  }

  /** Whether home is final beyond the deadline and did not send the intent, in any message. */
  private boolean wasNeverSent(Intent intent, Task task) {
    // How far home is final before what is final there.
    ChainRow row = database.inTransaction(tx -> ChainRow.of(tx, home));
    return isPast(intent, row.finalizedTime())
        && database
            .inTransaction(tx -> StoredEvent.about(tx, task.subject(), home, EventKind.DISPATCHED))
            .stream()
            .noneMatch(StoredEvent::isFinal);
  }

  private Decision open(Task task, Workplace here, long executableAt) {
    Intent intent = here.intent(task.subject()).intent();
    if (isPast(intent, here.row().headTime())) return expire(task, here, intent);
    if (here.callsOfMost().isEnded(intent)) return ended(task, here);
    Hash group = group(task.subject(), here);
    Instant planned = here.turn(group, ChainTime.of(executableAt));
    Instant closing = here.now().plus(GATEWAY_LOOK);
    if (here.now().isBefore(planned))
      return Decision.later(planned.isBefore(closing) ? planned : closing);
    // A dispute window that was lengthened meanwhile covers what is queued: only the chain knows.
    long due = Math.max(executableAt, here.callsOfMost().due(task.subject()));
    Instant turn = here.turn(group, ChainTime.of(due));
    Instant look = here.now().plus(WINDOW_LOOK);
    if (here.now().isBefore(turn)) return Decision.later(turn.isBefore(look) ? turn : look);
    if (isPayment(intent)) {
      Optional<Decision> together = executeMany(task.subject(), intent, due, here);
      if (together.isPresent()) return together.get();
    }
    return here.attempt(Purpose.EXECUTE, task.subject(), here.calls().execute(intent));
  }

  /**
   * The gateway that brought it was closed: when messages are taken from it again, home sends it
   * anew.
   */
  private Decision ended(Task task, Workplace here) {
    Instant now = here.now();
    boolean open = here.callsOfMost().takesMessages();
    return new Decision.Later(
        now.plus(LOOK_AGAIN),
        Optional.of(
            Refusal.of(
                "GATEWAY_CLOSED",
                "the gateway that brought it to chain %d was closed since, so it does not execute"
                    .formatted(here.chain().id()),
                open
                    ? "home sends it again"
                    : "governance opens the gateway (setGateway), then home sends it again; or a"
                        + " proof of home's storage confirms it")),
        open // not moved when it is open: it is asked for again and again, and has its own pace
            ? tx -> Task.ensure(tx, Task.Kind.RESEND, home, task.subject(), now, now)
            : Decision.NOTHING);
  }

  /**
   * What came under one root is due together: it is the same relayer's turn, which executes it in
   * one transaction.
   */
  private Hash group(Hash intentId, Workplace here) {
    return database.inTransaction(
        tx ->
            StoredMessage.about(tx, home, intentId).stream()
                .filter(m -> m.message().destination().chainId().equals(here.chain().bigId()))
                .map(StoredMessage::root)
                .findFirst()
                .orElse(intentId));
  }

  /** As it came, or as it was hastened since. */
  private long executableAt(IntentEvent.Queued queued, StoredEvent last) {
    return database
        .inTransaction(
            tx -> StoredEvent.about(tx, queued.intentId(), last.chainId(), EventKind.HASTENED))
        .stream()
        .filter(e -> e.log().blockNumber() >= last.log().blockNumber())
        .flatMap(e -> e.notice().stream())
        .filter(IntentNotice.Hastened.class::isInstance)
        .mapToLong(notice -> ((IntentNotice.Hastened) notice).executableAt())
        .min()
        .orElse(queued.executableAt());
  }

  /** Payments that are due too go along; calls are estimated, each for itself. */
  private Optional<Decision> executeMany(Hash claimed, Intent intent, long due, Workplace here) {
    Map<Hash, Intent> together = new LinkedHashMap<>();
    together.put(claimed, intent);
    List<Hash> others =
        database.inTransaction(
            tx ->
                Task.companions(
                    tx,
                    Task.Kind.EXECUTE,
                    here.chain().id(),
                    claimed,
                    here.now().plus(Worker.LEASE), // also what another worker looks at just now
                    EXECUTED_AT_ONCE - 1));
    for (Hash other : others) {
      Optional<Intent> ready = dueNow(other, here);
      ready.ifPresent(i -> together.put(other, i));
    }
    // The trial runs at the chain's own time, which is that of its last block.
    boolean early =
        here.row().headTime() < due && here.now().isBefore(ChainTime.of(due).plus(NEXT_BLOCK));
    if (together.size() > 1 && early)
      return Optional.of(Decision.later(here.now().plus(LOOK_AGAIN)));
    return Batch.of(
        here,
        Purpose.EXECUTE,
        claimed,
        List.copyOf(together.keySet()),
        some -> here.calls().executeMany(some.stream().map(together::get).toList()),
        some -> BATCH_GAS + EXECUTE_GAS * some.size());
  }

  /** A payment that this relayer would execute now, if the chain takes it. */
  private Optional<Intent> dueNow(Hash intentId, Workplace here) {
    Optional<StoredEvent> last = here.progress(intentId);
    if (last.isEmpty()) return Optional.empty();
    long executableAt;
    switch (event(last.get(), here)) {
      case IntentEvent.Queued queued when wasDispatched(queued) ->
          executableAt = executableAt(queued, last.get());
      case IntentEvent.Upheld upheld -> executableAt = upheld.executableAt();
      default -> {
        return Optional.empty();
      }
    }
    Instant turn = here.turn(group(intentId, here), ChainTime.of(executableAt));
    Intent intent = here.intent(intentId).intent();
    boolean now =
        isPayment(intent) && !isPast(intent, here.row().headTime()) && !here.now().isBefore(turn);
    return now ? Optional.of(intent) : Optional.empty();
  }

  private static boolean isPayment(Intent intent) {
    return intent.data().size() == 0;
  }

  private Decision expire(Task task, Workplace place, Intent intent) {
    return whenDue(
        task,
        place,
        intent.deadline().longValueExact() + 1,
        Purpose.EXPIRE,
        place.calls().expire(intent));
  }

  private Decision whenDue(
      Task task, Workplace place, long due, Purpose purpose, ContractCalls.Call call) {
    Instant turn = place.turn(task.subject(), ChainTime.of(due));
    if (place.now().isBefore(turn)) return Decision.later(turn);
    return place.attempt(purpose, task.subject(), call);
  }

  /** A state that ends this work: over once it is final. */
  private Decision closing(StoredEvent last, Workplace place) {
    return last.isFinal() ? new Decision.Over() : again(place);
  }

  /**
   * A reorg removed what opened this work; it may come back until the deadline has passed for good.
   */
  private Decision forget(Task task, Workplace place) {
    Optional<StoredIntent> stored =
        database.inTransaction(tx -> StoredIntent.of(tx, task.subject()));
    boolean past = stored.filter(s -> isPast(s.intent(), place.row().finalizedTime())).isPresent();
    return past ? new Decision.Over() : again(place);
  }

  private static Decision again(Workplace place) {
    return Decision.later(place.lookAgain());
  }

  private static boolean isPast(Intent intent, long time) {
    return BigInteger.valueOf(time).compareTo(intent.deadline()) > 0;
  }

  private static IntentEvent event(StoredEvent stored, Workplace place) {
    return stored
        .step(place.chain().domain())
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "stored event of kind " + stored.kind() + " is not readable"));
  }

  /** The message that an event of kind RESENT names. */
  static Hash messageOf(StoredEvent resent) {
    return resent
        .notice()
        .filter(IntentNotice.Resent.class::isInstance)
        .map(notice -> ((IntentNotice.Resent) notice).messageId())
        .orElseThrow();
  }

  /** As {@link #dispatched}, of a message that sent the intent once more. */
  static Optional<IntentNotice.Resent> resent(StoredEvent stored, Hash messageId) {
    return stored
        .notice()
        .filter(IntentNotice.Resent.class::isInstance)
        .map(IntentNotice.Resent.class::cast)
        .filter(r -> r.messageId().equals(messageId));
  }

  /** The message's intent, if it is one of ours. */
  static Optional<IntentEvent.Dispatched> dispatched(StoredEvent stored, Hash messageId) {
    return ContractEvents.executor(stored.log())
        .filter(IntentEvent.Dispatched.class::isInstance)
        .map(IntentEvent.Dispatched.class::cast)
        .filter(d -> d.messageId().equals(messageId));
  }
}
