package org.mandate.watchdog;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import org.mandate.chain.Block;
import org.mandate.chain.ChainClient;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads what the vaults of one chain paid, and has it judged, apart from the follower: whoever has
 * an intent executed chooses its account, and that contract may emit more than any node hands out.
 * That must not keep the watchdog from the blocks.
 */
final class Payments implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Payments.class);

  /** How often a node that answers otherwise is asked for the same payments. */
  private static final int TRIES = 10;

  private final long chainId;
  private final ChainClient chain;
  private final Reader reader;
  private final Chronicle chronicle;
  private final Examiner examiner;
  private final Consumer<String> unread;
  private final Duration poll;
  private final BlockingQueue<Span> spans = new LinkedBlockingQueue<>();
  private volatile boolean closed;
  private Optional<Thread> thread = Optional.empty();

  /**
   * Blocks whose payments are to be read.
   *
   * @param block the only one; empty for a range too old to be reorganised
   * @param pages those of the blocks that have entries
   */
  private record Span(
      long from,
      long to,
      Optional<Block> block,
      List<Page> pages,
      Reader.Vaults vaults,
      int tries) {
    private Span again() {
      return new Span(from, to, block, pages, vaults, tries + 1);
    }

    private Span part(long first, long last) {
      return new Span(first, last, block, pages, vaults, 0);
    }
  }

  /**
   * @param unread is told, in words, which payments could not be read
   */
  Payments(
      long chainId,
      ChainClient chain,
      Reader reader,
      Chronicle chronicle,
      Examiner examiner,
      Consumer<String> unread,
      Duration poll) {
    this.chainId = chainId;
    this.chain = chain;
    this.reader = reader;
    this.chronicle = chronicle;
    this.examiner = examiner;
    this.unread = unread;
    this.poll = poll;
  }

  void start() {
    thread = Optional.of(Thread.ofVirtual().name("payments-" + chainId).start(this::work));
  }

  /** Those of a block. Returns at once. */
  void of(Page page) {
    long number = page.block().number();
    for (Reader.Vaults vaults : Reader.Vaults.values()) {
      spans.add(new Span(number, number, Optional.of(page.block()), List.of(page), vaults, 0));
    }
  }

  /** Those of blocks too old to be reorganised. Returns at once. */
  void of(long from, long to, List<Page> pages) {
    for (Reader.Vaults vaults : Reader.Vaults.values()) {
      spans.add(new Span(from, to, Optional.empty(), pages, vaults, 0));
    }
  }

  @Override
  public void close() {
    closed = true;
    thread.ifPresent(Thread::interrupt);
  }

  private void work() {
    while (!closed) {
      Span span;
      try {
        span = spans.take();
      } catch (InterruptedException e) {
        return;
      }
      if (!attempt(span) && !Pause.of(poll)) {
        return;
      }
    }
  }

  private boolean attempt(Span span) {
    try {
      judge(span);
      return true;
    } catch (Throwable e) {
      Fault.endIfFatal(e);
      try {
        failed(span, e);
      } catch (Throwable again) {
        Fault.endIfFatal(again);
        LOG.atError().addKeyValue("chain", chainId).setCause(again).log("trying again");
        spans.add(span);
      }
      return false;
    }
  }

  private void judge(Span span) {
    if (span.block().filter(block -> !chronicle.has(block)).isPresent()) {
      return; // a reorg removed it
    }
    List<Page> paid =
        span.block().isPresent()
            ? List.of(reader.paid(span.block().get(), span.vaults()))
            : reader.paid(span.from(), span.to(), span.vaults());
    paid.forEach(page -> examiner.examine(together(page, span.pages())));
  }

  // At the end of the queue again: what cannot be read must not keep what can be from being judged.
  private void failed(Span span, Throwable reason) {
    if (!answers()) {
      spans.add(span);
    } else if (span.from() < span.to()) {
      long middle = span.from() + (span.to() - span.from()) / 2;
      spans.add(span.part(span.from(), middle));
      spans.add(span.part(middle + 1, span.to()));
    } else if (span.tries() + 1 < TRIES) {
      spans.add(span.again());
    } else {
      LOG.atError()
          .addKeyValue("chain", chainId)
          .addKeyValue("block", span.from())
          .addKeyValue("vaults", span.vaults())
          .setCause(reason)
          .log("payments were not read");
      unread.accept(
          "what the vaults that are %s paid in block %d: %s"
              .formatted(
                  span.vaults() == Reader.Vaults.DEPLOYED ? "deployed" : "known by use",
                  span.from(),
                  reason.getMessage()));
    }
  }

  private boolean answers() {
    try {
      chain.head();
      return true;
    } catch (RuntimeException e) {
      return false;
    }
  }

  private static Page together(Page paid, List<Page> pages) {
    List<Entry> entries = new ArrayList<>(paid.entries());
    pages.stream()
        .filter(page -> page.block().equals(paid.block()))
        .forEach(page -> entries.addAll(page.entries()));
    entries.sort(Comparator.comparing(entry -> entry.log().index()));
    return new Page(paid.block(), entries);
  }
}
