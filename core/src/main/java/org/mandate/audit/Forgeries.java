package org.mandate.audit;

import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.mandate.audit.ChainEvidence.Resend;
import org.mandate.chain.Hash;

/**
 * Compares what a destination received and executed with what home dispatched. A quorum of relayers
 * that lies can have anything queued, and its records are as regular as an honest one's: only home
 * can tell them apart.
 */
final class Forgeries {
  private final Optional<ChainEvidence> home;
  private final Settlements settlements;

  /** Without home's evidence nothing can be told; {@link Coverage} says so. */
  Forgeries(List<ChainEvidence> evidence) {
    this.home = evidence.stream().filter(ChainEvidence::isHome).findFirst();
    this.settlements = new Settlements(evidence);
  }

  List<Finding> on(ChainEvidence chain) {
    List<Finding> found = new ArrayList<>();
    home.ifPresent(evidence -> found.addAll(new Chain(evidence, chain).findings()));
    found.addAll(settlements.on(chain));
    return found;
  }

  /** One chain's records beside home's. */
  private record Chain(ChainEvidence home, ChainEvidence here) {
    private static final String OTHER_LIFE = "what follows it is of no destination";

    List<Finding> findings() {
      List<Finding> found = new ArrayList<>();
      Set<Hash> queued = new HashSet<>();
      for (AuditRecord record : here.records()) {
        if (record.detail() instanceof Detail.Queued detail) {
          queued.add(record.intentId());
          lie(record, detail.messageId()).ifPresent(why -> found.add(judge(record, why)));
        } else if (record.detail() instanceof Detail.Executed
            && !here.isHome()
            && !queued.contains(record.intentId())) {
          found.add(forgery(record, "no message brought it here", "it was executed"));
        }
      }
      return found;
    }

    /** In what a queued message is not one that home dispatched; empty when it is. */
    private Optional<String> lie(AuditRecord record, Hash messageId) {
      Optional<AuditRecord> dispatch = dispatch(record.intentId());
      if (dispatch.isEmpty()) {
        return Optional.of(
            "home dispatched no such intent up to block %d of %s"
                .formatted(home.block().number(), home.block().timestamp()));
      }
      if (!dispatch.get().detail().equals(new Detail.Dispatched(messageId))
          && !home.resends().contains(new Resend(record.intentId(), messageId))) {
        return Optional.of("it came in message " + messageId + ", in which home never sent it");
      }
      if (!dispatch.get().intent().equals(record.intent())) {
        return Optional.of("home dispatched another intent under this id");
      }
      return record.intent().filter(intent -> intent.chainId().equals(here.chainId())).isPresent()
          ? Optional.empty()
          : Optional.of("home dispatched it to another chain");
    }

    private Optional<AuditRecord> dispatch(Hash intentId) {
      return home.records().stream()
          .filter(record -> record.action() == Action.DISPATCHED)
          .filter(record -> record.intentId().equals(intentId))
          .findFirst();
    }

    private Finding judge(AuditRecord record, String why) {
      Instant at = time(record.anchor().blockTimestamp());
      if (dispatch(record.intentId()).isEmpty() && at.isAfter(home.block().timestamp())) {
        return new Finding.DispatchUnknown(
            here.chainId(), record.index(), record.intentId(), at, home.block());
      }
      List<Detail> life = life(record);
      if (life.stream().anyMatch(Detail.Executed.class::isInstance)) {
        return forgery(record, why, "it was executed");
      }
      if (isOver(record)) {
        return stopped(record, why, "its deadline is over and it was not executed");
      }
      return switch (life.getLast()) {
        case Detail.Disputed d ->
            stopped(
                record,
                why,
                "it was disputed by %s; only governance could let it through, until %s"
                    .formatted(d.by(), time(d.resolveBy())));
        case Detail.Cancelled d -> stopped(record, why, "it was disputed and cancelled");
        case Detail.Expired d -> stopped(record, why, "it ran out and was not executed");
        case Detail.Failed d -> stopped(record, why, "it could not be executed and ran out");
        case Detail.Upheld d -> forgery(record, why, "governance upheld it: it can be executed");
        case Detail.Queued d -> waiting(record, why, time(d.executableAt()));
        case Detail.Admitted d -> forgery(record, why, OTHER_LIFE);
        case Detail.Denied d -> forgery(record, why, OTHER_LIFE);
        case Detail.Dispatched d -> forgery(record, why, OTHER_LIFE);
        case Detail.Settled d -> forgery(record, why, OTHER_LIFE);
        case Detail.Executed d -> forgery(record, why, "it was executed");
      };
    }

    private Finding waiting(AuditRecord record, String why, Instant executableAt) {
      if (isReplaced(record)) {
        return stopped(record, why, "another message took its place: its gateway was closed");
      }
      if (here.gateways().filter(all -> all.endedSince(record.anchor())).isPresent()) {
        return stopped(
            record,
            why,
            "its gateway was closed since: without a proof of home's it never executes");
      }
      return forgery(
          record,
          why,
          "nobody disputed it%s: it can be executed from %s"
              .formatted(
                  here.gateways().isPresent()
                      ? ", and its gateway was not closed since"
                      : ", and whether its gateway was closed since this export does not tell",
                  executableAt));
    }

    /**
     * What became of the intent since that message brought it; what a later message did to it,
     * after the first was refuted or its gateway closed, is not the first one's.
     */
    private List<Detail> life(AuditRecord record) {
      List<Detail> life = new ArrayList<>();
      for (AuditRecord later : here.records()) {
        if (later.index() >= record.index() && later.intentId().equals(record.intentId())) {
          if (later.index() > record.index() && later.action() == Action.QUEUED) {
            break;
          }
          life.add(later.detail());
        }
      }
      return life;
    }

    /** Only what a closed gateway brought makes room for another message while it is queued. */
    private boolean isReplaced(AuditRecord record) {
      return here.records().stream()
          .anyMatch(
              later ->
                  later.index() > record.index()
                      && later.intentId().equals(record.intentId())
                      && later.action() == Action.QUEUED);
    }

    /** Nothing executes past its deadline, whatever its state. */
    private boolean isOver(AuditRecord record) {
      BigInteger now = BigInteger.valueOf(here.block().timestamp().getEpochSecond());
      return record.intent().filter(intent -> intent.deadline().compareTo(now) < 0).isPresent();
    }

    /** What a chain or a file states may lie beyond every calendar. */
    private static Instant time(long seconds) {
      return Instant.ofEpochSecond(Math.min(seconds, Instant.MAX.getEpochSecond()));
    }

    private Finding forgery(AuditRecord record, String why, String outcome) {
      return new Finding.Forgery(here.chainId(), record.index(), record.intentId(), why, outcome);
    }

    private Finding stopped(AuditRecord record, String why, String outcome) {
      return new Finding.StoppedForgery(
          here.chainId(), record.index(), record.intentId(), why, outcome);
    }
  }
}
