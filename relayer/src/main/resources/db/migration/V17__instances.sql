-- Several processes of one operator share this database. What one of them does alone is a line of work; who has its lease leads it.

-- The processes that are there. One that has not been seen for the length of a lease is taken for dead.
CREATE TABLE instance (
  instance_id   text PRIMARY KEY, -- made anew at each start
  signer        address NOT NULL,
  configuration text NOT NULL,    -- what has to be the same in all of them, in words
  blobs         text NOT NULL,    -- the id of the directory where its blobs are
  started_at    timestamptz NOT NULL,
  seen_at       timestamptz NOT NULL
);

-- Times are the database's, never a process's. A transaction of whoever leads holds its row FOR KEY SHARE until it ends: renewing the
-- lease does not disturb that, a change of the epoch waits for it, because the epoch is part of a key.
CREATE TABLE lease (
  line   text PRIMARY KEY,
  holder text,                                        -- null: given back
  epoch  bigint NOT NULL DEFAULT 0 CHECK (epoch >= 0), -- grows whenever it is taken
  until  timestamptz NOT NULL,
  UNIQUE (line, epoch)
) WITH (fillfactor = 50);

-- Whose claim it is, as long as not_before is what the claim set it to.
ALTER TABLE task ADD COLUMN claimed_by text, ADD COLUMN claimed_until timestamptz;
