-- Messages that were delivered although their source never sent them, with who signed them: what RelayerBonds takes.
CREATE TABLE evidence (
  message_id   hash32  NOT NULL,
  signer       address NOT NULL,
  signature    bytea   NOT NULL CHECK (octet_length(signature) = 65),
  root         hash32  NOT NULL, -- what was signed
  proof        bytea   NOT NULL CHECK (octet_length(proof) % 32 = 0), -- from the message to the root
  source_chain uint256 NOT NULL,
  nonce        uint256 NOT NULL,
  sender       bytea   NOT NULL,
  recipient    bytea   NOT NULL,
  payload      bytea   NOT NULL,
  chain_id     bigint  NOT NULL, -- where it was delivered
  transaction  hash32  NOT NULL,
  found_at     timestamptz NOT NULL,
  number       bigint GENERATED ALWAYS AS IDENTITY UNIQUE, -- in the order in which they were found
  PRIMARY KEY (message_id, signer)
);
-- Deliveries that were compared with what their source sent.
CREATE TABLE compared_delivery (
  chain_id     bigint  NOT NULL,
  block_number bigint  NOT NULL,
  log_index    integer NOT NULL,
  PRIMARY KEY (chain_id, block_number, log_index),
  FOREIGN KEY (chain_id, block_number, log_index) REFERENCES event ON DELETE CASCADE
);
