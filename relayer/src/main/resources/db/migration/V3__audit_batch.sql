-- Published batches, checked: whether what was published is what this relayer rebuilds from its own final records.
-- A reorg that removes the event removes this too; what is not truthful is told from final events only.
CREATE TABLE audit_batch (
  chain_id     bigint  NOT NULL,
  block_number bigint  NOT NULL,
  log_index    integer NOT NULL,
  agent_id     uint256 NOT NULL,
  first_index  bigint  NOT NULL CHECK (first_index >= 0),
  next_index   bigint  NOT NULL CHECK (next_index > first_index),
  cid          text    NOT NULL, -- of the manifest, as published
  publisher    address NOT NULL,
  truthful     boolean NOT NULL, -- only then is the manifest stored
  pinned       boolean NOT NULL DEFAULT false, -- as in audit_record
  PRIMARY KEY (chain_id, block_number, log_index),
  FOREIGN KEY (chain_id, block_number, log_index) REFERENCES event ON DELETE CASCADE
);
CREATE INDEX audit_batch_unpinned ON audit_batch (cid) WHERE truthful AND NOT pinned;
CREATE INDEX audit_record_unpinned ON audit_record (cid) WHERE NOT pinned;
