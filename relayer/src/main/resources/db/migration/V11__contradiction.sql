-- Another content of the same number that the signer of a piece of evidence attested, true or not: with it, RelayerBonds takes
-- the bond whatever chain was lied about.
CREATE TABLE contradiction (
  message_id   hash32  NOT NULL,
  signer       address NOT NULL,
  other_id     hash32  NOT NULL CHECK (other_id <> message_id),
  signature    bytea   NOT NULL CHECK (octet_length(signature) = 65),
  root         hash32  NOT NULL, -- what was signed
  proof        bytea   NOT NULL CHECK (octet_length(proof) % 32 = 0), -- from the other message to the root
  sender       bytea   NOT NULL,
  recipient    bytea   NOT NULL,
  payload      bytea   NOT NULL,
  found_at     timestamptz NOT NULL,
  PRIMARY KEY (message_id, signer),
  FOREIGN KEY (message_id, signer) REFERENCES evidence
);
CREATE INDEX evidence_number ON evidence (source_chain, nonce);
CREATE INDEX message_number ON message (source_chain, nonce);
