-- Whether what is stored was found on the chain since a relayer was started last. Until then nothing is signed: a process that
-- saw a final block go may have died before it could store that.
ALTER TABLE chain ADD COLUMN compared boolean NOT NULL DEFAULT true;

-- Reorganisations that went deeper than the declared finality, as they were found. The chain is halted until a person accepts it.
CREATE TABLE deep_reorg (
  chain_id     bigint NOT NULL REFERENCES chain,
  number       bigint NOT NULL, -- the highest final block that is gone
  stored_hash  hash32 NOT NULL,
  told_hash    hash32 NOT NULL, -- what most nodes have in its place, by the word of one of them
  ancestor     bigint,          -- the highest stored block that most nodes still have; null: none
  nodes        integer NOT NULL,
  different    integer NOT NULL, -- how many of them said that the stored block is gone
  found_at     timestamptz NOT NULL,
  accepted_at  timestamptz,
  PRIMARY KEY (chain_id, found_at)
);
