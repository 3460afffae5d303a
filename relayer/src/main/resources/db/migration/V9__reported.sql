-- Of which intents home was told, by the event that says so.
CREATE TABLE reported_intent (
  chain_id     bigint  NOT NULL,
  block_number bigint  NOT NULL,
  log_index    integer NOT NULL,
  intent_id    hash32  NOT NULL,
  PRIMARY KEY (intent_id, chain_id, block_number, log_index),
  FOREIGN KEY (chain_id, block_number, log_index) REFERENCES event ON DELETE CASCADE
);
