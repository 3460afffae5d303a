-- Payments that an agent's key asks its account for directly: an intent's whole life in one event.
ALTER TABLE event DROP CONSTRAINT event_kind_check;
ALTER TABLE event ADD CONSTRAINT event_kind_check CHECK (kind IN (
  'ADMITTED', 'DENIED', 'DISPATCHED', 'QUEUED', 'EXECUTED', 'CANCELLED', 'DISPUTED', 'UPHELD', 'EXPIRED',
  'PAID', 'REFUSED', 'APPENDED', 'PUBLISHED', 'SENT', 'NUMBERED', 'DELIVERED'));

CREATE OR REPLACE VIEW intent_progress AS
SELECT DISTINCT ON (e.subject, e.chain_id)
       e.subject AS intent_id, e.chain_id, e.kind,
       CASE e.kind WHEN 'UPHELD' THEN 'QUEUED' WHEN 'PAID' THEN 'EXECUTED' WHEN 'REFUSED' THEN 'DENIED' ELSE e.kind END AS state,
       e.block_number, e.log_index, e.transaction, e.address, e.topics, e.data, b.hash AS block_hash, b.time,
       coalesce(e.block_number <= c.finalized, false) AS final
  FROM event e
  JOIN block b ON b.chain_id = e.chain_id AND b.number = e.block_number
  JOIN chain c ON c.chain_id = e.chain_id
 WHERE e.kind IN ('ADMITTED', 'DENIED', 'DISPATCHED', 'QUEUED', 'EXECUTED', 'CANCELLED', 'DISPUTED', 'UPHELD', 'EXPIRED',
                  'PAID', 'REFUSED')
 ORDER BY e.subject, e.chain_id, e.block_number DESC, e.log_index DESC;
