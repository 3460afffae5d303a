-- Relayers attest Merkle roots: one signature for all messages of a block, to whatever chain. What was attested one by one is
-- attested again: its signatures open no gateway any more.
DROP TABLE attestation;
DELETE FROM message;
ALTER TABLE message
  DROP CONSTRAINT message_destination_fkey, -- other relayers may serve chains that this one does not; the root is over all
  ALTER COLUMN destination TYPE uint256,
  DROP COLUMN intent_id,
  ADD COLUMN root hash32 NOT NULL,
  ADD COLUMN leaf integer NOT NULL CHECK (leaf >= 0); -- its place among the root's messages, ascending
CREATE INDEX message_root ON message (root, leaf);

-- The intents that a message tells of: the one that it dispatches, those whose results it reports. None of an order.
CREATE TABLE message_intent (
  message_id hash32 NOT NULL REFERENCES message ON DELETE CASCADE,
  intent_id  hash32 NOT NULL,
  PRIMARY KEY (message_id, intent_id)
);
CREATE INDEX message_intent_intent ON message_intent (intent_id);

-- Signatures under roots: this relayer's and, checked before they are stored, its peers'.
CREATE TABLE attestation (
  root      hash32  NOT NULL,
  signer    address NOT NULL,
  signature bytea   NOT NULL CHECK (octet_length(signature) = 65),
  PRIMARY KEY (root, signer)
);

ALTER TABLE event DROP CONSTRAINT event_kind_check;
ALTER TABLE event ADD CONSTRAINT event_kind_check CHECK (kind IN (
  'ADMITTED', 'NOTIFIED', 'DENIED', 'DISPATCHED', 'RESENT', 'QUEUED', 'HASTENED', 'EXECUTED', 'CANCELLED', 'DISPUTED', 'UPHELD',
  'REFUTED', 'EXPIRED', 'FAILED', 'RESULT', 'DROPPED', 'SETTLED', 'PAID', 'REFUSED', 'APPENDED', 'PUBLISHED', 'SENT', 'NUMBERED',
  'DELIVERED', 'REPORTED'));

CREATE OR REPLACE VIEW intent_progress AS
SELECT DISTINCT ON (e.subject, e.chain_id)
       e.subject AS intent_id, e.chain_id, e.kind,
       CASE e.kind WHEN 'UPHELD' THEN 'QUEUED' WHEN 'PAID' THEN 'EXECUTED' WHEN 'REFUSED' THEN 'DENIED' ELSE e.kind END AS state,
       e.block_number, e.log_index, e.transaction, e.address, e.topics, e.data, b.hash AS block_hash, b.time,
       coalesce(e.block_number <= c.finalized, false) AS final
  FROM event e
  JOIN block b ON b.chain_id = e.chain_id AND b.number = e.block_number
  JOIN chain c ON c.chain_id = e.chain_id
 WHERE e.kind IN ('ADMITTED', 'DENIED', 'DISPATCHED', 'QUEUED', 'EXECUTED', 'CANCELLED', 'DISPUTED', 'UPHELD', 'EXPIRED', 'FAILED',
                  'SETTLED', 'PAID', 'REFUSED')
 ORDER BY e.subject, e.chain_id, e.block_number DESC, e.log_index DESC;
