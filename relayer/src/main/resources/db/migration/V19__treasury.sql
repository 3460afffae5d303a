-- Coins that a treasury's key sends to the relayer's own.
ALTER TABLE transaction ADD COLUMN value uint256 NOT NULL DEFAULT 0; -- wei that go with it
ALTER TABLE transaction DROP CONSTRAINT transaction_purpose_check;
ALTER TABLE transaction ADD CONSTRAINT transaction_purpose_check CHECK (purpose IN (
  'SUBMIT', 'PROCEED', 'DELIVER', 'EXECUTE', 'EXPIRE', 'RESOLVE', 'PUBLISH', 'FILL', 'HASTEN', 'REPORT', 'SETTLE', 'RESEND',
  'TOP_UP'));

-- What a key spent within a day is added up again and again.
CREATE INDEX transaction_created ON transaction (chain_id, signer, created_at);

-- Why no node takes an attempt, in a node's words.
ALTER TABLE attempt ADD COLUMN refused text;
