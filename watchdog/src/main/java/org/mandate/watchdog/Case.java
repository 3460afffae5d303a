package org.mandate.watchdog;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.CallRevertedException;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;
import org.mandate.intent.IntentState;
import org.mandate.watchdog.WatchdogConfig.WhenHomeIsSilent;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One delivered intent, from the block that queued it until it is proven honest, stopped, or over.
 * Disputes what home did not dispatch; disputes too, unless it is told to alert only, when home
 * cannot be asked until the window is nearly over (L11), and when the dispatch that home tells is
 * not final until then: a reorg may remove it after the intent executed.
 */
final class Case {
  private static final Logger LOG = LoggerFactory.getLogger(Case.class);

  private final Queued delivery;
  private final Court court;
  private final BooleanSupplier stands;
  private final BooleanSupplier refuted;
  private final Runnable onEnd;
  private Optional<Thread> thread = Optional.empty();

  /** Whether it was not over yet when it was first seen. */
  private boolean live;

  /** Whether people were told that the intent is wrong. */
  private boolean told;

  private boolean acted;
  private Optional<Sighting> sighting = Optional.empty();
  private final LastingState closing;

  /** Where an intent stood at the end of a block. */
  private record Sighting(IntentState state, boolean upheld, Block block) {}

  /**
   * What all cases of one chain share.
   *
   * @param chainId where the intents are queued
   * @param witness asks home; empty on home itself, where nothing may be queued
   * @param prosecutor has pay who attested what home never sent; empty where no bonds are
   * @param notary shows by proofs what is so; empty where nobody posts home's block hashes
   * @param condemned why home should not have dispatched an intent, by the own evaluation of its
   *     policy
   * @param safetyMargin how much of the window must be left for a dispute while home is silent
   * @param whenHomeIsSilent what to do when no more is left
   */
  record Court(
      long chainId,
      ChainClient chain,
      Finality finality,
      ExecutorState executor,
      Chronicle chronicle,
      Optional<Witness> witness,
      Function<Hash, Optional<String>> condemned,
      Enforcer enforcer,
      Disputes disputes,
      Optional<Prosecutor> prosecutor,
      Optional<Notary> notary,
      Findings findings,
      Duration safetyMargin,
      WhenHomeIsSilent whenHomeIsSilent,
      Duration poll,
      Clock clock) {}

  private sealed interface Judgement {
    record Honest() implements Judgement {}

    record Open() implements Judgement {}

    record Wrong(Check check, String expected, String seen, String next) implements Judgement {}
  }

  /**
   * @param stands whether the delivery is still in the chain, and nothing undid it there
   * @param refuted whether it does not stand because a proof showed that home never sent it, or
   *     another message took its place
   */
  Case(
      Queued delivery,
      Court court,
      BooleanSupplier stands,
      BooleanSupplier refuted,
      Runnable onEnd) {
    this.delivery = delivery;
    this.court = court;
    this.stands = stands;
    this.refuted = refuted;
    this.onEnd = onEnd;
    this.closing = new LastingState(court.chain(), court.finality());
  }

  void start() {
    thread =
        Optional.of(
            Thread.ofVirtual().name("case-" + delivery.event().intentId()).start(this::work));
  }

  void close() {
    thread.ifPresent(Thread::interrupt);
  }

  private void work() {
    try {
      while (stands.getAsBoolean()) {
        if (attempt() || !Pause.of(court.poll())) {
          return;
        }
      }
      if (refuted.getAsBoolean()) {
        close(Finding.Status.STOPPED);
      } else {
        withdraw(findingId());
      }
      withdraw(alertId());
    } finally {
      onEnd.run();
    }
  }

  // Whatever goes wrong, a case that ends too early is worse than one that tries again.
  private boolean attempt() {
    try {
      boolean over = step();
      withdraw(failureId());
      return over;
    } catch (Throwable e) {
      Fault.endIfFatal(e);
      LOG.atError()
          .addKeyValue("chain", court.chainId())
          .addKeyValue("intent", delivery.event().intentId())
          .setCause(e)
          .log("a case failed; trying again");
      failed(e);
      return false;
    }
  }

  private void failed(Throwable reason) {
    court
        .findings()
        .report(
            new Finding(
                failureId(),
                Check.SELF,
                Severity.CRITICAL,
                court.chainId(),
                delivery.block().number(),
                Optional.of(delivery.event().agentId()),
                Optional.of(delivery.event().intentId()),
                "the watchdog can judge message " + delivery.event().messageId(),
                reason + "; it tries again",
                "Compare the message with home's dispatches by hand before its window ends, and"
                    + " dispute it if home did not send it. The log has the whole error: report"
                    + " it.",
                court.clock().instant(),
                Finding.Status.OPEN,
                List.of()));
  }

  /**
   * @return whether the case is over
   */
  private boolean step() {
    ExecutorState.Progress progress;
    try {
      progress = court.executor().progress(delivery.event().intentId());
    } catch (NodeException | CallRevertedException e) {
      return false;
    }
    return switch (progress.state()) {
      case QUEUED -> {
        live = true;
        if (told && court.executor().isEnded(delivery.event().intent())) {
          yield ended();
        }
        yield told && progress.upheld() ? settled(progress) : judged(progress);
      }
      // Somebody else may have been faster; people are told all the same what is wrong with it.
      case DISPUTED -> {
        live = true;
        yield told ? settled(progress) : judged(progress);
      }
      // It is queued in the chain that the follower reads: this node lags, or lies. The end is that
      // the delivery no longer stands.
      case NONE, DENIED, ADMITTED, DISPATCHED, SETTLED -> false;
      // ExecutionExaminer looks at what executed. What a reorg may bring back is not over.
      case EXECUTED, CANCELLED, EXPIRED, FAILED -> !live || settled(progress);
    };
  }

  private boolean judged(ExecutorState.Progress progress) {
    return switch (judge(progress)) {
      case Judgement.Honest honest -> {
        withdraw(findingId());
        withdraw(alertId());
        if (progress.state() == IntentState.DISPUTED
            || !progress.upheld() && court.executor().isEnded(delivery.event().intent())) {
          court.notary().ifPresent(notary -> notary.confirm(delivery, stands));
        }
        yield true;
      }
      case Judgement.Open open -> false;
      case Judgement.Wrong wrong -> {
        if (progress.upheld()) {
          upheld(wrong);
          yield settled(progress);
        }
        dispute(wrong, progress.due());
        yield false;
      }
    };
  }

  /** What its closed gateway brought is stopped as soon as a final block has the closing (L10). */
  private boolean ended() {
    try {
      return switch (closing.look(() -> court.executor().isEnded(delivery.event().intent()))) {
        case FINAL -> {
          close(Finding.Status.STOPPED);
          yield true;
        }
        case GONE, OPEN -> false;
      };
    } catch (NodeException e) {
      return false;
    }
  }

  /** Tells how it ended: bad news at once, good news when a final block has it (L10). */
  private boolean settled(ExecutorState.Progress progress) {
    boolean missed =
        switch (progress.state()) {
          case DISPUTED, CANCELLED, EXPIRED, FAILED -> false;
          case NONE, DENIED, ADMITTED, DISPATCHED, QUEUED, EXECUTED, SETTLED -> true;
        };
    if (missed) {
      close(Finding.Status.MISSED);
    }
    if (!isFinal(progress)) {
      return false;
    }
    if (!missed) {
      close(Finding.Status.STOPPED);
    }
    return true;
  }

  // By the block in which it was seen, not by the state at the final block: nodes without an
  // archive
  // forget that before a block of some chains is final.
  private boolean isFinal(ExecutorState.Progress progress) {
    try {
      Optional<Block> seen =
          sighting
              .filter(s -> s.state() == progress.state() && s.upheld() == progress.upheld())
              .map(Sighting::block);
      if (seen.isEmpty()) {
        Block head = court.chain().head();
        ExecutorState.Progress there =
            court.executor().progress(delivery.event().intentId(), head.hash());
        sighting = Optional.of(new Sighting(there.state(), there.upheld(), head));
        return false;
      }
      Optional<Block> highest = court.finality().highest(court.chain());
      if (highest.filter(block -> block.number() >= seen.get().number()).isEmpty()) {
        return false;
      }
      boolean stays =
          court.chain().block(seen.get().number()).filter(seen.get()::equals).isPresent();
      if (!stays) {
        sighting = Optional.empty();
      }
      return stays;
    } catch (NodeException | CallRevertedException e) {
      return false;
    }
  }

  private void close(Finding.Status status) {
    if (told) {
      court
          .findings()
          .update(
              findingId(),
              found -> found.status() == Finding.Status.WITHDRAWN ? found : found.with(status));
    }
  }

  private Judgement judge(ExecutorState.Progress progress) {
    Hash messageId = delivery.event().messageId();
    if (court.witness().isEmpty()) {
      return forged(
          "nothing is ever queued at home", "message %s queued at home".formatted(messageId));
    }
    Optional<String> condemned = court.condemned().apply(delivery.event().intentId());
    if (condemned.isPresent()) {
      return new Judgement.Wrong(
          Check.POLICY,
          "an intent that the mandate admits",
          condemned.get(),
          "See the finding on home's chain for this intent. Do not uphold it before the mandate on"
              + " chain is what governance set.");
    }
    Testimony testimony =
        court
            .witness()
            .get()
            .ask(delivery.event().intentId(), Optional.of(messageId), delivery.block().timestamp());
    return switch (testimony) {
      case Testimony.Proven proven -> new Judgement.Honest();
      case Testimony.Provisional provisional ->
          mayWait(progress)
              ? new Judgement.Open()
              : unproven(
                  Check.HOME_NOT_FINAL,
                  "home's dispatch is final before the dispute window ends at " + progress.due(),
                  "home dispatched message %s in block %d, which is not final yet"
                      .formatted(messageId, provisional.block().number()),
                  "When that block is final, governance should uphold the intent before the"
                      + " resolution window ends; otherwise let it be cancelled. Relayers attest"
                      + " only what is final: if home finalizes as usual, find out who signed, and"
                      + " take them out of the quorum (QuorumGateway.tightenRelayers).");
      case Testimony.Settled settled ->
          new Judgement.Wrong(
              Check.RESULT,
              "an intent that home settled is not queued any more",
              "home settled the intent of message %s, dispatched in block %d"
                  .formatted(messageId, settled.block().number()),
              "Home's budget got back what was not spent, by a result that was not true: find out"
                  + " who signed it, and take them out of the quorum"
                  + " (QuorumGateway.tightenRelayers). Do not uphold the intent.");
      case Testimony.OtherMessage other ->
          forged(
              "message %s, which home dispatched in block %d"
                  .formatted(other.messageId(), other.block().number()),
              "message %s".formatted(messageId));
      case Testimony.Absent absent ->
          forged(
              "home's executor says DISPATCHED for this intent",
              "home says %s as of block %d (%s), while message %s was delivered in block %d (%s)"
                  .formatted(
                      absent.state(),
                      absent.asOf().number(),
                      absent.asOf().timestamp(),
                      messageId,
                      delivery.block().number(),
                      delivery.block().timestamp()));
      case Testimony.Unknown unknown ->
          mayWait(progress)
              ? new Judgement.Open()
              : unproven(
                  Check.HOME_UNREACHABLE,
                  "home can be asked before the dispute window ends at " + progress.due(),
                  unknown.reason(),
                  "Restore the connection to home, then compare message %s with home's dispatches. If home dispatched it, governance should uphold the intent before the resolution window ends; otherwise let it be cancelled."
                      .formatted(messageId));
    };
  }

  private Judgement unproven(Check check, String expected, String seen, String next) {
    Judgement.Wrong wrong = new Judgement.Wrong(check, expected, seen, next);
    return switch (court.whenHomeIsSilent()) {
      case DISPUTE -> wrong;
      case ALERT -> {
        report(
            alertId(),
            wrong,
            Finding.Status.OPEN,
            "NOT disputed, as when-home-is-silent says: it executes at the end of its window. "
                + next);
        yield new Judgement.Open();
      }
    };
  }

  private static Judgement forged(String expected, String seen) {
    return new Judgement.Wrong(
        Check.FORGERY,
        expected,
        seen,
        "Relayers attested what home does not know: take them out of the quorum"
            + " (QuorumGateway.setRelayers), and keep the signatures in the delivering transaction"
            + " as proof. Do not uphold the intent.");
  }

  private boolean mayWait(ExecutorState.Progress progress) {
    return progress.state() == IntentState.DISPUTED
        || left(progress).compareTo(margin(progress)) > 0;
  }

  // A short window must not be all margin: home may be silent for a moment.
  private Duration margin(ExecutorState.Progress progress) {
    Duration half = Duration.between(delivery.block().timestamp(), progress.due()).dividedBy(2);
    return half.compareTo(court.safetyMargin()) < 0 ? half : court.safetyMargin();
  }

  // The chain's own time, which may run ahead of this machine's.
  private Duration left(ExecutorState.Progress progress) {
    Instant now = court.clock().instant();
    Instant chain = court.chronicle().tip().map(Block::timestamp).orElse(now);
    return Duration.between(chain.isAfter(now) ? chain : now, progress.due());
  }

  private void upheld(Judgement.Wrong wrong) {
    told = true;
    if (wrong.check() == Check.FORGERY) {
      accuse();
    }
    report(
        findingId(),
        wrong,
        Finding.Status.MISSED,
        "Governance upheld this intent, so it can no longer be disputed and executes at once. Find"
            + " out who voted for it; withdraw the account's funds on this chain.");
  }

  private void dispute(Judgement.Wrong wrong, Instant due) {
    told = true;
    report(findingId(), wrong, Finding.Status.OPEN, wrong.next());
    Optional<Enforcer.Done> end;
    boolean lie = wrong.check() == Check.FORGERY;
    if (lie) {
      accuse();
    }
    try (Disputes.Ticket ticket = court.disputes().take(delivery, due, lie)) {
      end = court.enforcer().bringAbout(new Dispute(ticket));
      end.flatMap(Enforcer.Done::transaction).ifPresent(ours -> ticket.used());
    }
    court.disputes().known(delivery.event().intentId());
    if (end.isEmpty() || !stands.getAsBoolean() || acted && end.get().transaction().isEmpty()) {
      return;
    }
    acted = true;
    Deed deed =
        new Deed(
            "dispute",
            court.chainId(),
            end.get().transaction(),
            end.get().settled().outcome(),
            court.clock().instant());
    LOG.atInfo()
        .addKeyValue("intent", delivery.event().intentId())
        .addKeyValue("outcome", deed.outcome())
        .log("dispute settled until a reorg undoes it");
    court.findings().update(findingId(), found -> found.with(deed));
  }

  // By itself: the bonds' contract asks home's gateway alone, whatever becomes of the dispute.
  private void accuse() {
    court.notary().ifPresent(notary -> notary.refute(findingId(), delivery, stands));
    court
        .prosecutor()
        .ifPresent(
            prosecutor ->
                prosecutor.charge(
                    new Prosecutor.Charge(
                        findingId(),
                        delivery.event().messageId(),
                        court.chain(),
                        delivery.event().log().transaction(),
                        delivery.block().timestamp(),
                        () -> stands.getAsBoolean() || refuted.getAsBoolean())));
  }

  private void withdraw(String id) {
    court
        .findings()
        .update(
            id,
            found ->
                found.status() == Finding.Status.OPEN
                    ? found.with(Finding.Status.WITHDRAWN)
                    : found);
  }

  private void report(String id, Judgement.Wrong wrong, Finding.Status status, String next) {
    court
        .findings()
        .report(
            new Finding(
                id,
                wrong.check(),
                Severity.CRITICAL,
                court.chainId(),
                delivery.block().number(),
                Optional.of(delivery.event().agentId()),
                Optional.of(delivery.event().intentId()),
                wrong.expected(),
                wrong.seen(),
                next,
                court.clock().instant(),
                status,
                List.of()));
  }

  private String failureId() {
    return "case:" + court.chainId() + ":" + delivery.event().intentId();
  }

  private String alertId() {
    return "unproven:" + court.chainId() + ":" + delivery.event().intentId();
  }

  private String findingId() {
    return "delivery:" + court.chainId() + ":" + delivery.event().intentId();
  }

  private final class Dispute implements Remedy {
    private final Disputes.Ticket ticket;

    private Dispute(Disputes.Ticket ticket) {
      this.ticket = ticket;
    }

    @Override
    public boolean ready() {
      return ticket.isNext();
    }

    @Override
    public boolean refused(String reason) {
      return ticket.refused(reason);
    }

    @Override
    public BigInteger value() {
      return ticket.bond();
    }

    @Override
    public String what() {
      return "dispute of intent " + delivery.event().intentId();
    }

    @Override
    public Address to() {
      return court.executor().address();
    }

    @Override
    public Bytes data() {
      return ExecutorState.dispute(delivery.event().intent());
    }

    @Override
    public Optional<Settled> settled() {
      ExecutorState.Progress progress = court.executor().progress(delivery.event().intentId());
      return switch (progress.state()) {
        case QUEUED -> {
          if (progress.upheld()) {
            yield Optional.of(new Settled("QUEUED again: governance upheld it"));
          }
          yield court.executor().isEnded(delivery.event().intent())
              ? Optional.of(new Settled("it does not execute: its gateway is closed"))
              : Optional.empty();
        }
        case DISPUTED ->
            Optional.of(new Settled("DISPUTED; governance may uphold it until " + progress.due()));
        case CANCELLED, EXPIRED, FAILED -> Optional.of(new Settled(progress.state().name()));
        case EXECUTED -> Optional.of(new Settled("EXECUTED before the dispute was mined"));
        // One node's word; what the follower read counts.
        case NONE, DENIED, ADMITTED, DISPATCHED, SETTLED ->
            stands.getAsBoolean()
                ? Optional.empty()
                : Optional.of(
                    new Settled(
                        refuted.getAsBoolean()
                            ? "no longer queued: a proof refuted it, or another message took its place"
                            : "no longer queued: a reorg removed it"));
      };
    }
  }
}
