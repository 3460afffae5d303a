-- What was mined for it is final, and nothing of what it was for came of it: from then on it is tried by itself, and more and more rarely.
ALTER TABLE transaction_item ADD COLUMN vain boolean NOT NULL DEFAULT false;
CREATE INDEX transaction_item_vain ON transaction_item (chain_id, subject) WHERE vain;
