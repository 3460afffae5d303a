-- What a transaction costs this relayer, and what an intent may cost it in all.

-- Beside gas, a layer 2 may ask for what the data costs on layer 1.
ALTER TABLE transaction
  ADD COLUMN data_fee uint256, -- wei, that was paid beside its gas; null: not known yet
  ADD COLUMN most uint256 NOT NULL DEFAULT 0, -- wei: the most that any of its attempts can cost
  ADD COLUMN subjects integer NOT NULL DEFAULT 1 CHECK (subjects > 0); -- how many share the cost
UPDATE transaction t SET
  most = t.gas_limit * (SELECT max(a.max_fee) FROM attempt a WHERE a.transaction_id = t.transaction_id),
  subjects = greatest(1, (SELECT count(*) FROM transaction_item s WHERE s.transaction_id = t.transaction_id))
  WHERE EXISTS (SELECT 1 FROM attempt a WHERE a.transaction_id = t.transaction_id);
-- What it cost, or as long as that is not known the most that it can cost. It follows from the rest of the row, so it cannot drift:
-- a reorg that takes the receipt back makes it a reservation again.
ALTER TABLE transaction ADD COLUMN cost numeric GENERATED ALWAYS AS (
  CASE WHEN gas_used IS NOT NULL THEN gas_used * gas_price + coalesce(data_fee, 0)
       WHEN state = 'DISPLACED' THEN 0
       ELSE most END) STORED;
ALTER TABLE attempt ADD COLUMN data_fee uint256 NOT NULL DEFAULT 0; -- wei: the most that it can cost beside its gas

-- Who bears which part of a transaction: each thing that it is for the same, and each intent of a message the same.
CREATE VIEW intent_share AS
SELECT s.chain_id, s.subject AS intent_id, t.transaction_id, ceil(t.cost / t.subjects) AS share
  FROM transaction_item s JOIN transaction t ON t.transaction_id = s.transaction_id
UNION ALL
SELECT s.chain_id, m.intent_id, t.transaction_id,
       ceil(t.cost / t.subjects / (SELECT count(*) FROM message_intent n WHERE n.message_id = m.message_id)) AS share
  FROM message_intent m
  JOIN transaction_item s ON s.subject = m.message_id
  JOIN transaction t ON t.transaction_id = s.transaction_id;

-- Where a key's numbering began: what lies before was used before this relayer knew the key.
ALTER TABLE signer_nonce ADD COLUMN first bigint NOT NULL DEFAULT 0;

-- Since when work that could be sent waits for cheaper gas.
ALTER TABLE task ADD COLUMN held_since timestamptz;
