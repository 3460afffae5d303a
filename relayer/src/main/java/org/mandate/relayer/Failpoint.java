package org.mandate.relayer;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;

/**
 * Steps between which a crash must lose nothing (L9). A test or a demonstration names one in {@code
 * MANDATE_FAILPOINT}; the process then stops dead when it gets there, says so in its log, and waits
 * to be killed. Nothing else ever reaches one.
 */
public enum Failpoint {
  /** The intent is checked, nothing is stored. */
  BEFORE_INTENT_STORED,
  /** The intent is stored, the client has no answer yet. */
  AFTER_INTENT_STORED,
  /** The transaction is signed, its database transaction is not committed. */
  BEFORE_TRANSACTION_STORED,
  /** State, nonce and signed bytes are stored, nothing is sent. */
  AFTER_TRANSACTION_STORED,
  /** The node has the transaction, the database does not know. */
  AFTER_TRANSACTION_SENT,
  /** The receipt is read, not stored. */
  BEFORE_RECEIPT_STORED,
  /** The block's rows are written, not committed. */
  BEFORE_BLOCK_STORED,
  /** Blocks that the chain no longer has are deleted, not committed. */
  BEFORE_BLOCKS_UNDONE,
  /** A final block is gone and this process signs no more; no other knows. */
  AFTER_GATE_CLOSED,
  /** It is stored that nothing is signed; how deep the reorganisation went is not. */
  AFTER_HALT_STORED,
  /** All of it is stored, nobody was told. */
  BEFORE_HALT_TOLD,
  /** The attestation is signed, not stored. */
  BEFORE_ATTESTATION_STORED,
  /** A record's blob is stored, its row is not. */
  AFTER_BLOB_STORED,
  /** The manifest is stored, the batch's transaction is not signed. */
  AFTER_MANIFEST_STORED;

  public static final String VARIABLE = "MANDATE_FAILPOINT";
  private static final Journal LOG = Journal.of("failpoint");
  private static final AtomicBoolean REACHED = new AtomicBoolean();
  private static final Optional<Failpoint> ARMED =
      Optional.ofNullable(System.getenv(VARIABLE)).map(Failpoint::named);

  /** Stops everything for good when this is the armed point. */
  public void reach() {
    if (ARMED.isEmpty() || ARMED.get() != this) return;
    if (REACHED.compareAndSet(false, true)) LOG.alarm("stopped dead", "failpoint", label());
    stop();
  }

  /** Before anything that others can see: once a point is reached, nothing moves any more. */
  public static void stopIfReached() {
    if (REACHED.get()) stop();
  }

  private static void stop() {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** As it is written in the environment: lower case with dashes. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static Failpoint named(String label) {
    return Arrays.stream(values())
        .filter(p -> p.label().equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    VARIABLE
                        + "="
                        + label
                        + " is none of "
                        + Arrays.stream(values())
                            .map(Failpoint::label)
                            .collect(Collectors.joining(", "))));
  }
}
