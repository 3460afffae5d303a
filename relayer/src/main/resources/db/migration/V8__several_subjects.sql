-- A transaction may be for several things at once: messages of one root, intents that are due together.
ALTER TABLE task DROP CONSTRAINT task_kind_check;
ALTER TABLE task ADD CONSTRAINT task_kind_check CHECK (kind IN (
  'SUBMIT', 'PROCEED', 'DELIVER', 'EXECUTE', 'PUBLISH', 'HASTEN', 'REPORT', 'SETTLE', 'RESEND'));
ALTER TABLE transaction DROP CONSTRAINT transaction_purpose_check;
ALTER TABLE transaction ADD CONSTRAINT transaction_purpose_check CHECK (purpose IN (
  'SUBMIT', 'PROCEED', 'DELIVER', 'EXECUTE', 'EXPIRE', 'RESOLVE', 'PUBLISH', 'FILL', 'HASTEN', 'REPORT', 'SETTLE', 'RESEND'));

-- All that a transaction is for; its own column `subject` is the first of them.
CREATE TABLE transaction_item (
  transaction_id bigint  NOT NULL REFERENCES transaction ON DELETE CASCADE,
  chain_id       bigint  NOT NULL,
  purpose        text    NOT NULL,
  subject        hash32  NOT NULL,
  open           boolean NOT NULL, -- as long as the transaction is
  PRIMARY KEY (transaction_id, subject)
);
INSERT INTO transaction_item (transaction_id, chain_id, purpose, subject, open)
SELECT transaction_id, chain_id, purpose, subject, state = 'OPEN' FROM transaction WHERE subject IS NOT NULL;
-- At most one transaction at a time tries the same thing.
DROP INDEX transaction_open;
CREATE UNIQUE INDEX transaction_item_open ON transaction_item (purpose, chain_id, subject) WHERE open;
CREATE INDEX transaction_item_subject ON transaction_item (subject);
