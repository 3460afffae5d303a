-- What a relayer knows, in one rule: what came from a chain hangs on its block and goes when a reorg removes the block;
-- what this relayer promised (signed bytes, attestations, blobs) stays.

-- 256-bit numbers, addresses and hashes, so that a row that cannot be true cannot be stored.
CREATE DOMAIN uint256 AS numeric(78, 0) CHECK (VALUE >= 0 AND VALUE < 115792089237316195423570985008687907853269984665640564039457584007913129639936);
CREATE DOMAIN address AS bytea CHECK (octet_length(VALUE) = 20);
CREATE DOMAIN hash32 AS bytea CHECK (octet_length(VALUE) = 32);

-- How far a chain is followed. `halted` is set when a reorg went deeper than the declared finality: nothing is signed.
CREATE TABLE chain (
  chain_id        bigint PRIMARY KEY CHECK (chain_id > 0),
  gateway         address NOT NULL, -- another deployment under the same database is refused
  executor        address NOT NULL,
  head            bigint,
  head_time       bigint, -- unix seconds
  finalized       bigint,
  finalized_time  bigint, -- unix seconds
  halted          text,
  CHECK (finalized IS NULL OR head IS NULL OR finalized <= head)
);

-- Canonical blocks as this relayer saw them, each the child of the row before it wherever there is one.
CREATE TABLE block (
  chain_id    bigint NOT NULL REFERENCES chain,
  number      bigint NOT NULL CHECK (number >= 0),
  hash        hash32 NOT NULL,
  parent_hash hash32 NOT NULL,
  time        bigint NOT NULL, -- unix seconds
  PRIMARY KEY (chain_id, number),
  UNIQUE (chain_id, hash)
);

-- Events of the protocol's contracts, as they were logged. A reorg deletes the block and thereby these.
CREATE TABLE event (
  chain_id     bigint  NOT NULL,
  block_number bigint  NOT NULL,
  log_index    integer NOT NULL CHECK (log_index >= 0),
  transaction  hash32  NOT NULL,
  kind         text    NOT NULL CHECK (kind IN (
                 'ADMITTED', 'DENIED', 'DISPATCHED', 'QUEUED', 'EXECUTED', 'CANCELLED', 'DISPUTED', 'UPHELD', 'EXPIRED',
                 'APPENDED', 'PUBLISHED', 'SENT', 'NUMBERED', 'DELIVERED')),
  subject      hash32, -- the intent or, for the gateway's events, the message; null for PUBLISHED
  agent_id     uint256, -- null for the gateway's events
  address      address NOT NULL,
  topics       bytea   NOT NULL CHECK (octet_length(topics) % 32 = 0 AND octet_length(topics) BETWEEN 32 AND 128),
  data         bytea   NOT NULL,
  PRIMARY KEY (chain_id, block_number, log_index),
  FOREIGN KEY (chain_id, block_number) REFERENCES block ON DELETE CASCADE
);
CREATE INDEX event_subject ON event (subject, chain_id, block_number, log_index);
CREATE INDEX event_kind ON event (kind, chain_id, block_number);
CREATE INDEX event_agent ON event (agent_id, kind, chain_id, block_number, log_index);

-- Intents, whoever brought them: content-addressed, so they outlive reorgs.
CREATE TABLE intent (
  intent_id   hash32 PRIMARY KEY,
  agent_id    uint256 NOT NULL,
  account     address NOT NULL,
  chain_id    uint256 NOT NULL,
  asset       address NOT NULL,
  recipient   address NOT NULL,
  amount      uint256 NOT NULL,
  data        bytea   NOT NULL,
  nonce       uint256 NOT NULL,
  deadline    numeric(20, 0) NOT NULL CHECK (deadline >= 0 AND deadline < 18446744073709551616),
  signature   bytea, -- set when it was handed to this relayer, which then submits it
  received_at timestamptz NOT NULL,
  number      bigint GENERATED ALWAYS AS IDENTITY UNIQUE, -- order of arrival, for paging
  lapsed      boolean NOT NULL DEFAULT false -- finalized home data shows that it was never submitted before its deadline
);
CREATE INDEX intent_agent ON intent (agent_id, number);

-- Where an intent stands on each chain that has seen it: its last event there.
CREATE VIEW intent_progress AS
SELECT DISTINCT ON (e.subject, e.chain_id)
       e.subject AS intent_id, e.chain_id, e.kind,
       CASE e.kind WHEN 'UPHELD' THEN 'QUEUED' ELSE e.kind END AS state,
       e.block_number, e.log_index, e.transaction, e.address, e.topics, e.data, b.hash AS block_hash, b.time,
       coalesce(e.block_number <= c.finalized, false) AS final
  FROM event e
  JOIN block b ON b.chain_id = e.chain_id AND b.number = e.block_number
  JOIN chain c ON c.chain_id = e.chain_id
 WHERE e.kind IN ('ADMITTED', 'DENIED', 'DISPATCHED', 'QUEUED', 'EXECUTED', 'CANCELLED', 'DISPUTED', 'UPHELD', 'EXPIRED')
 ORDER BY e.subject, e.chain_id, e.block_number DESC, e.log_index DESC;

-- Open work. A row says that something may have to be done; whoever claims it checks whether it still has to.
-- It is deleted only when finalized data shows that it is over, so a reorg finds it here.
CREATE TABLE task (
  kind       text    NOT NULL CHECK (kind IN ('SUBMIT', 'PROCEED', 'DELIVER', 'EXECUTE', 'PUBLISH')),
  chain_id   bigint  NOT NULL REFERENCES chain,
  subject    hash32  NOT NULL, -- intent, message, or the agent's id as 32 bytes
  not_before timestamptz NOT NULL,
  attempts   integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  parked     jsonb,            -- why the last attempt was not sent, in words
  created_at timestamptz NOT NULL,
  PRIMARY KEY (kind, chain_id, subject)
);
CREATE INDEX task_due ON task (not_before);

-- The next nonce of a key. Its row lock makes assigning nonces one after another.
CREATE TABLE signer_nonce (
  chain_id bigint  NOT NULL REFERENCES chain,
  signer   address NOT NULL,
  next     bigint  NOT NULL CHECK (next >= 0),
  PRIMARY KEY (chain_id, signer)
);

-- Transactions of this relayer. Stored, with their signed bytes, before anything is sent.
--   OPEN       signed; sent or about to be; perhaps mined, not final
--   SUCCEEDED  its receipt is in a finalized block
--   REVERTED   the same, and it failed there
--   DISPLACED  a finalized block shows that another transaction of the same key took its nonce
CREATE TABLE transaction (
  transaction_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  chain_id     bigint  NOT NULL REFERENCES chain,
  signer       address NOT NULL,
  nonce        bigint  NOT NULL CHECK (nonce >= 0),
  purpose      text    NOT NULL CHECK (purpose IN ('SUBMIT', 'PROCEED', 'DELIVER', 'EXECUTE', 'EXPIRE', 'RESOLVE', 'PUBLISH', 'FILL')),
  subject      hash32, -- as in task; null for a FILL
  target       address NOT NULL,
  data         bytea   NOT NULL,
  gas_limit    bigint  NOT NULL CHECK (gas_limit > 0),
  state        text    NOT NULL DEFAULT 'OPEN' CHECK (state IN ('OPEN', 'SUCCEEDED', 'REVERTED', 'DISPLACED')),
  block_number bigint,
  block_hash   hash32,
  mined_hash   hash32, -- which attempt was mined
  gas_used     bigint CHECK (gas_used > 0),
  gas_price    uint256, -- wei per gas, effective
  created_at   timestamptz NOT NULL,
  settled_at   timestamptz,
  UNIQUE (chain_id, signer, nonce),
  CHECK (purpose = 'FILL' OR subject IS NOT NULL),
  CHECK ((state IN ('SUCCEEDED', 'REVERTED')) <= (block_hash IS NOT NULL AND mined_hash IS NOT NULL AND gas_used IS NOT NULL)),
  CHECK ((state = 'OPEN') = (settled_at IS NULL))
);
-- At most one transaction at a time tries the same thing.
CREATE UNIQUE INDEX transaction_open ON transaction (purpose, chain_id, subject) WHERE state = 'OPEN';
CREATE INDEX transaction_subject ON transaction (subject);

-- The signed bytes: the first, and one more for every replacement at a higher fee.
CREATE TABLE attempt (
  transaction_id bigint  NOT NULL REFERENCES transaction ON DELETE CASCADE,
  attempt        integer NOT NULL CHECK (attempt >= 1),
  hash           hash32  NOT NULL UNIQUE,
  raw            bytea   NOT NULL,
  max_fee        uint256 NOT NULL, -- wei per gas
  max_tip        uint256 NOT NULL, -- wei per gas
  signed_at      timestamptz NOT NULL,
  sent_at        timestamptz, -- last time a node took it
  sent_block     bigint,      -- head when a node first took it
  cancels        boolean NOT NULL DEFAULT false, -- pays nobody: frees the nonce of bytes that no node takes
  PRIMARY KEY (transaction_id, attempt),
  CHECK (max_tip <= max_fee)
);

-- Messages that are final at home, as rebuilt from their events.
CREATE TABLE message (
  message_id   hash32 PRIMARY KEY,
  source_chain bigint  NOT NULL REFERENCES chain,
  destination  bigint  NOT NULL REFERENCES chain,
  nonce        uint256 NOT NULL,
  sender       bytea   NOT NULL,
  recipient    bytea   NOT NULL,
  payload      bytea   NOT NULL,
  intent_id    hash32  NOT NULL,
  attested_at  timestamptz NOT NULL
);

-- Signatures under messages: this relayer's and, checked before they are stored, its peers'.
CREATE TABLE attestation (
  message_id hash32  NOT NULL REFERENCES message,
  signer     address NOT NULL,
  signature  bytea   NOT NULL CHECK (octet_length(signature) = 65),
  PRIMARY KEY (message_id, signer)
);

-- Audit records whose blob is stored, one row per record of an agent's chain. Finalized only, so never undone.
CREATE TABLE audit_record (
  chain_id    bigint  NOT NULL REFERENCES chain,
  agent_id    uint256 NOT NULL,
  index       bigint  NOT NULL CHECK (index >= 0),
  intent_id   hash32  NOT NULL,
  action      text    NOT NULL,
  record_hash hash32  NOT NULL,
  cid         text    NOT NULL,
  block_number bigint NOT NULL,
  transaction hash32  NOT NULL,
  log_index   integer NOT NULL,
  archived_at bigint  NOT NULL, -- unix seconds
  pinned      boolean NOT NULL DEFAULT false, -- also put to the IPFS daemon, where one is configured
  PRIMARY KEY (chain_id, agent_id, index)
);
