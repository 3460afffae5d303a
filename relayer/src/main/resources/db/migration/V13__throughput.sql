-- Blobs, where no directory is configured for them: instances of one operator share them, and many are forced to disk at once.
CREATE TABLE blob (
  digest  hash32 PRIMARY KEY, -- SHA-256, which the CID names
  content bytea NOT NULL CHECK (octet_length(content) <= 1048576)
);

-- Up to which final block some work over all events is done, so that it does not look at the whole history again and again.
CREATE TABLE done_until (
  work         text   NOT NULL CHECK (work IN ('ARCHIVE', 'CHECK_BATCHES')),
  chain_id     bigint NOT NULL REFERENCES chain,
  block_number bigint NOT NULL,
  PRIMARY KEY (work, chain_id)
);

-- What is on its way, however many transactions came before.
CREATE INDEX transaction_unsettled ON transaction (chain_id, signer, nonce) WHERE state = 'OPEN';

-- Rows that change and go all the time: their dead versions must not pile up between two clean-ups.
ALTER TABLE task SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
  autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 5000);
ALTER TABLE transaction_item SET (fillfactor = 90);
