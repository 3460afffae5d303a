-- Final blocks in which something is left to be done, so that nobody looks at the whole history for it. Up to done_until, a block that is
-- not here is done with.
CREATE TABLE waiting_block (
  work         text   NOT NULL CHECK (work IN ('ATTEST', 'COMPARE')),
  chain_id     bigint NOT NULL,
  block_number bigint NOT NULL,
  PRIMARY KEY (work, chain_id, block_number),
  FOREIGN KEY (chain_id, block_number) REFERENCES block ON DELETE CASCADE
);
-- A block that goes takes these along: without it each one that goes looks through all of them.
CREATE INDEX waiting_block_block ON waiting_block (chain_id, block_number);
ALTER TABLE done_until DROP CONSTRAINT done_until_work_check;
ALTER TABLE done_until ADD CONSTRAINT done_until_work_check CHECK (work IN ('ARCHIVE', 'CHECK_BATCHES', 'ATTEST', 'COMPARE'));
