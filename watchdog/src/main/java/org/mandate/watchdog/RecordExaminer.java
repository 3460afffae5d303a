package org.mandate.watchdog;

import java.math.BigInteger;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.mandate.audit.AuditRecord;
import org.mandate.audit.HashChain;
import org.mandate.chain.Block;
import org.mandate.chain.Hash;
import org.mandate.event.AuditEvent;
import org.mandate.event.IntentEvent;
import org.mandate.intent.Intent;

/**
 * The audit chain must have one record for each executor event, in the same transaction and order,
 * and each head must follow from the one before. A payment that the agent's key asked for directly
 * is a record by itself: that it is in the chain shows in the next head. What is not so is told to
 * people: nothing on chain can mend it.
 */
final class RecordExaminer implements Examiner {
  private final BigInteger chainId;
  private final Findings findings;
  private final Clock clock;
  private final Optional<PublicationCheck> publications;
  private final Predicate<Block> stands;
  private final Map<Publication, Thread> checks = new HashMap<>();
  private final Map<BigInteger, HashChain> chains = new ConcurrentHashMap<>();
  private final Map<BigInteger, List<Optional<AuditRecord>>> records = new ConcurrentHashMap<>();
  private final Map<Hash, Intent> seen = new ConcurrentHashMap<>();

  private record Publication(Block block, int logIndex) {}

  /**
   * @param publications checks each batch; empty when no blob gateway is configured
   * @param stands whether a block is still in the chain
   */
  RecordExaminer(
      BigInteger chainId,
      Findings findings,
      Clock clock,
      Optional<PublicationCheck> publications,
      Predicate<Block> stands) {
    this.chainId = chainId;
    this.findings = findings;
    this.clock = clock;
    this.publications = publications;
    this.stands = stands;
  }

  /**
   * The agent's record {@code index}, as the executor's events give it; empty when there is none.
   */
  Optional<AuditRecord> record(BigInteger agentId, long index) {
    List<Optional<AuditRecord>> known = records.getOrDefault(agentId, List.of());
    synchronized (known) {
      return index < known.size() ? known.get((int) index) : Optional.empty();
    }
  }

  @Override
  public void examine(Page page) {
    for (List<Entry> transaction : page.byTransaction().values()) {
      examine(transaction, page.block());
    }
  }

  @Override
  public void reset() {
    // One that runs must not see the records vanish: it begins again, if its block stands.
    checks
        .entrySet()
        .removeIf(
            check -> {
              boolean runs = check.getValue().isAlive();
              if (runs) {
                check.getValue().interrupt();
              }
              return runs || !stands.test(check.getKey().block());
            });
    chains.clear();
    records.clear();
    seen.clear();
  }

  private void examine(List<Entry> transaction, Block block) {
    Deque<IntentEvent> unrecorded = new ArrayDeque<>();
    for (Entry entry : transaction) {
      switch (entry) {
        case Entry.Step(IntentEvent.Paid event) -> direct(event, event.index(), block);
        case Entry.Step(IntentEvent.Refused event) -> direct(event, event.index(), block);
        case Entry.Step(IntentEvent event) -> {
          AuditRecord.shownBy(event).ifPresent(intent -> seen.put(event.intentId(), intent));
          unrecorded.addLast(event);
        }
        case Entry.Audit(AuditEvent.Appended appended) ->
            appended(appended, Optional.ofNullable(unrecorded.pollFirst()), block);
        case Entry.Audit(AuditEvent.Published batch) ->
            publications.ifPresent(
                check ->
                    checks.computeIfAbsent(
                        new Publication(block, batch.log().index()),
                        p -> check.start(chainId, batch, block, this::record)));
        case Entry.Unreadable unreadable ->
            found(
                "unreadable:%s:%d"
                    .formatted(unreadable.log().transaction(), unreadable.log().index()),
                block,
                Optional.empty(),
                Optional.empty(),
                "a log that this watchdog can read",
                unreadable.reason());
        case Entry.Notice notice -> {}
        case Entry.Order order -> {}
        case Entry.OrderConfirmed confirmed -> {}
        case Entry.OrderVetoed vetoed -> {}
        case Entry.HashPosted posted -> {}
        case Entry.GatewayClosed closed -> {}
        case Entry.Delivered delivered -> {}
        case Entry.RelayersSet set -> {}
        case Entry.Policy policy -> {}
        case Entry.Registry registry -> {}
        case Entry.Withdrawn withdrawn -> {}
      }
    }
    for (IntentEvent event : unrecorded) {
      found(
          "unrecorded:%s:%d".formatted(event.log().transaction(), event.log().index()),
          block,
          Optional.of(event.agentId()),
          Optional.of(event.intentId()),
          "an Appended event of the account in the same transaction",
          event.getClass().getSimpleName() + " without one");
    }
  }

  private void direct(IntentEvent event, BigInteger index, Block block) {
    HashChain before = chains.getOrDefault(event.agentId(), HashChain.EMPTY);
    AuditRecord record = record(event, before.count(), block);
    chains.put(event.agentId(), before.append(record.recordHash()));
    known(event.agentId(), Optional.of(record));
    if (!index.equals(BigInteger.valueOf(before.count()))) {
      found(
          "record:%s:%s:%s".formatted(chainId, event.agentId(), before.count()),
          block,
          Optional.of(event.agentId()),
          Optional.of(event.intentId()),
          "record " + before.count(),
          event.getClass().getSimpleName() + " as record " + index);
    }
  }

  private void known(BigInteger agentId, Optional<AuditRecord> record) {
    List<Optional<AuditRecord>> known = records.computeIfAbsent(agentId, id -> new ArrayList<>());
    synchronized (known) {
      known.add(record);
    }
  }

  private void appended(AuditEvent.Appended appended, Optional<IntentEvent> event, Block block) {
    HashChain before = chains.getOrDefault(appended.agentId(), HashChain.EMPTY);
    HashChain after = before.append(appended.recordHash());
    // From here on the chain's own head counts, so that one fault is one finding.
    chains.put(
        appended.agentId(),
        new HashChain(appended.head().hex(), appended.index().longValueExact() + 1));
    Optional<AuditRecord> record = event.map(e -> record(e, before.count(), block));
    Hash own = record.map(AuditRecord::recordHash).orElse(appended.recordHash());
    known(appended.agentId(), record);
    String id = "record:%s:%s:%s".formatted(chainId, appended.agentId(), appended.index());
    if (event.isEmpty()) {
      found(
          id,
          block,
          Optional.of(appended.agentId()),
          Optional.of(appended.intentId()),
          "an executor event for the record",
          "record " + appended.index() + " without one");
    } else if (!own.equals(appended.recordHash())) {
      found(
          id,
          block,
          Optional.of(appended.agentId()),
          Optional.of(appended.intentId()),
          "record hash " + own,
          "record hash " + appended.recordHash());
    } else if (appended.index().longValueExact() != before.count()
        || !after.head().equals(appended.head().hex())) {
      found(
          id,
          block,
          Optional.of(appended.agentId()),
          Optional.of(appended.intentId()),
          "record %d with head %s".formatted(before.count(), after.head()),
          "record %s with head %s".formatted(appended.index(), appended.head()));
    }
  }

  private AuditRecord record(IntentEvent event, long index, Block block) {
    return AuditRecord.of(
        chainId, event, index, Optional.ofNullable(seen.get(event.intentId())), block);
  }

  private void found(
      String id,
      Block block,
      Optional<BigInteger> agentId,
      Optional<Hash> intentId,
      String expected,
      String seen) {
    findings.report(
        new Finding(
            id,
            Check.RECORD,
            Severity.CRITICAL,
            chainId.longValueExact(),
            block.number(),
            agentId,
            intentId,
            expected,
            seen,
            "The account and the executor disagree: compare the code at both addresses with"
                + " deployments/, and ask a second node for this block.",
            clock.instant(),
            Finding.Status.OPEN,
            List.of()));
  }
}
