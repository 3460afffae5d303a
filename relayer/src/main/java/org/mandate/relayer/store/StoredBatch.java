package org.mandate.relayer.store;

import org.mandate.event.AuditEvent.Published;

/**
 * A published batch that was compared with this relayer's own records.
 *
 * @param cid the manifest's name, as published
 * @param truthful whether the records lead to that very manifest, which is then stored
 */
public record StoredBatch(long chainId, Published published, String cid, boolean truthful) {

  public void save(Tx tx) {
    tx.update(
        """
        INSERT INTO audit_batch
          (chain_id, block_number, log_index, agent_id, first_index, next_index, cid, publisher, truthful)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
        """,
        chainId,
        published.log().blockNumber(),
        published.log().index(),
        published.agentId(),
        published.from().longValueExact(),
        published.to().longValueExact(),
        cid,
        published.publisher(),
        truthful);
  }
}
