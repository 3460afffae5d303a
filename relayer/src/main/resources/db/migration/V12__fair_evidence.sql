-- Which chain a delivery says that it comes from, once that was read: those of a chain that does not answer hold up no others.
CREATE TABLE delivery_source (
  chain_id     bigint  NOT NULL,
  block_number bigint  NOT NULL,
  log_index    integer NOT NULL,
  source_chain bigint  NOT NULL,
  PRIMARY KEY (chain_id, block_number, log_index),
  FOREIGN KEY (chain_id, block_number, log_index) REFERENCES event ON DELETE CASCADE
);
-- Whether its signer was known as a relayer when it was found: a contract's call data may hold anybody's signatures.
ALTER TABLE evidence ADD COLUMN named boolean NOT NULL DEFAULT true;
