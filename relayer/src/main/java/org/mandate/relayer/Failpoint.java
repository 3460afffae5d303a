package org.mandate.relayer;

import java.util.Locale;

/**
 * Steps of a payment's way between which a crash must lose nothing (L9), by what they mean. There
 * are more points, at every write to the database and every question to a node: {@link Trap} knows
 * them all.
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

  /** Stops everything for good when this is the armed point. */
  public void reach() {
    Trap.reach(label());
  }

  /** As it is written in the environment: lower case with dashes. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
