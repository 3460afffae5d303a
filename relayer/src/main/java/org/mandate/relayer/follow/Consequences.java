package org.mandate.relayer.follow;

import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.event.GatewayEvent;
import org.mandate.event.IntentEvent;
import org.mandate.event.IntentNotice;
import org.mandate.gateway.InteroperableAddress;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentAbi;
import org.mandate.relayer.store.ChainTime;
import org.mandate.relayer.store.StoredEvent;
import org.mandate.relayer.store.StoredIntent;
import org.mandate.relayer.store.Task;
import org.mandate.relayer.store.Tx;

/**
 * What follows from what was logged: the events, the intents that they tell of, and the work that
 * they may call for. Gathered over many logs, then stored with one statement for each kind of row:
 * the same rows as one log after the other would leave.
 */
final class Consequences {
  /** From when on a delivered intent is looked at whether more relayers vouch for it. */
  private static final Duration HASTE = Duration.ofSeconds(5);

  private final FollowedChain chain;
  private final Set<Long> served;
  private final Duration reportInterval;
  private final Instant now;

  private final List<StoredEvent.Logged> events = new ArrayList<>();
  private final List<StoredEvent.Report> reports = new ArrayList<>();
  private final List<Hash> dropped = new ArrayList<>();
  private final Map<Hash, Intent> intents = new LinkedHashMap<>();

  /** Opened, or moved to that time when it is open; of several times the last one counts. */
  private final Map<Task.Key, Instant> work = new HashMap<>();

  /** Opened, unless it is open. */
  private final Map<Task.Key, Instant> publishing = new HashMap<>();

  /**
   * @param served chains that this relayer delivers to
   * @param reportInterval how long what became of an intent waits for others, to be told together
   */
  Consequences(FollowedChain chain, Set<Long> served, Duration reportInterval, Instant now) {
    this.chain = chain;
    this.served = served;
    this.reportInterval = reportInterval;
    this.now = now;
  }

  /**
   * Of one log; nothing when it is not followed.
   *
   * @throws IllegalArgumentException when it is not the event that its topic names, or tells of
   *     another intent than its id
   */
  void add(Log log) {
    Reading.of(chain, log).ifPresent(this::add);
  }

  private void add(Reading reading) {
    events.add(new StoredEvent.Logged(reading.kind(), reading.log(), reading.step()));
    reading.step().ifPresent(this::add);
    reading.notice().ifPresent(this::add);
    reading.sent().ifPresent(this::add);
    switch (reading.kind()) {
      case APPENDED, PAID, REFUSED -> {
        BigInteger agentId = StoredEvent.agent(reading.kind(), reading.log()).orElseThrow();
        Hash agent = Follower.agentSubject(agentId);
        publishing.put(new Task.Key(Task.Kind.PUBLISH, chain.id(), agent), now);
      }
      default -> {}
    }
  }

  private void add(IntentEvent event) {
    switch (event) {
      case IntentEvent.Admitted e -> {
        know(e.intentId(), e.intent());
        open(Task.Kind.PROCEED, e.intentId(), ChainTime.of(e.eta()));
      }
      case IntentEvent.Denied e -> know(e.intentId(), e.intent());
      case IntentEvent.Dispatched e -> know(e.intentId(), e.intent());
      case IntentEvent.Queued e -> {
        know(e.intentId(), e.intent());
        open(Task.Kind.EXECUTE, e.intentId(), ChainTime.of(e.executableAt()));
        open(Task.Kind.HASTEN, e.intentId(), now.plus(HASTE));
      }
      case IntentEvent.Executed e -> {
        know(e.intentId(), e.intent());
        openReport(chain.id(), e.intentId());
      }
      case IntentEvent.Upheld e ->
          open(Task.Kind.EXECUTE, e.intentId(), ChainTime.of(e.executableAt()));
      case IntentEvent.Disputed e ->
          open(Task.Kind.EXECUTE, e.intentId(), ChainTime.of(e.resolveBy() + 1));
      case IntentEvent.Cancelled e -> {
        know(e.intentId(), e.intent());
        openReport(chain.id(), e.intentId());
      }
      case IntentEvent.Expired e -> openReport(chain.id(), e.intentId());
      case IntentEvent.Failed e -> openReport(chain.id(), e.intentId());
      case IntentEvent.Settled e -> {}
      case IntentEvent.Paid e -> intents.put(e.intentId(), e.intent());
      case IntentEvent.Refused e -> intents.put(e.intentId(), e.intent());
    }
  }

  /**
   * Of an intent that is stored once, whoever tells of it first: work is done by what is stored.
   *
   * @throws IllegalArgumentException when it is another one: no contract of ours says so
   */
  private void know(Hash id, Intent intent) {
    if (!intent.id(chain.domain()).equals(id))
      throw new IllegalArgumentException("an event tells of another intent under id " + id);
    intents.put(id, intent);
  }

  private void add(IntentNotice notice) {
    switch (notice) {
      case IntentNotice.Reported e -> reports.add(new StoredEvent.Report(e.log(), e.intentIds()));
      case IntentNotice.ResultReceived e ->
          open(Task.Kind.SETTLE, e.intentId(), ChainTime.of(e.settleAt()));
      case IntentNotice.ResultDropped e -> dropped.add(e.intentId());
      case IntentNotice.Resent e -> {}
      case IntentNotice.Refused e -> {}
      case IntentNotice.Failed e -> {}
      case IntentNotice.Hastened e ->
          open(Task.Kind.EXECUTE, e.intentId(), ChainTime.of(e.executableAt()));
      case IntentNotice.Confirmed e -> {}
      case IntentNotice.Refuted e -> {}
    }
  }

  private void add(GatewayEvent.MessageSent sent) {
    // Any chain id can stand there, also one beyond 64 bits: what is not served must not stop the
    // follower.
    BigInteger destination = InteroperableAddress.decode(sent.recipient()).chainId();
    if (isServed(destination)) {
      Task.Key key = new Task.Key(Task.Kind.DELIVER, destination.longValue(), sent.messageId());
      work.put(key, now);
    }
  }

  private boolean isServed(BigInteger id) {
    return id.bitLength() < 64 && served.contains(id.longValue());
  }

  private void open(Task.Kind kind, Hash subject, Instant due) {
    work.put(new Task.Key(kind, chain.id(), subject), due);
  }

  /** What became of an intent elsewhere is told home, together with others. */
  private void openReport(long where, Hash intentId) {
    if (where == chain.homeId()) return;
    work.put(new Task.Key(Task.Kind.REPORT, where, intentId), now.plus(reportInterval));
  }

  /** Stores all of it; the blocks must be there already. */
  void store(Tx tx) {
    StoredEvent.insert(tx, chain.id(), events);
    StoredEvent.insertReported(tx, chain.id(), reports);
    StoredIntent.save(tx, intents, now);
    openWork(tx);
  }

  /** Opens the work alone: what was logged is stored already. */
  void openWork(Tx tx) {
    for (Hash intentId : dropped) {
      StoredIntent.of(tx, intentId)
          .map(stored -> stored.intent().chainId())
          .filter(this::isServed)
          .ifPresent(there -> openReport(there.longValue(), intentId));
    }
    Task.open(tx, work, now);
    Task.ensure(tx, publishing, now);
    work.keySet().stream()
        .filter(key -> key.kind() == Task.Kind.REPORT)
        .map(Task.Key::chainId)
        .distinct()
        .forEach(
            where -> Task.hurryWhenMany(tx, Task.Kind.REPORT, where, IntentAbi.MOST_RESULTS, now));
  }
}
