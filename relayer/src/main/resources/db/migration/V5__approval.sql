-- Approvers' signatures under intents that need approvals, checked when they came.
CREATE TABLE approval (
  intent_id hash32 NOT NULL REFERENCES intent,
  approver  address NOT NULL,
  signature bytea NOT NULL CHECK (octet_length(signature) BETWEEN 1 AND 4096),
  deadline  bigint NOT NULL CHECK (deadline >= 0), -- unix seconds
  PRIMARY KEY (intent_id, approver)
);
