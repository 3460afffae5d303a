-- What is due longest is found at once, however much else waits: one index for each question that a worker asks. The question
-- names no kind: else the primary key, which begins with it, looks as good as long as the table is small, and plans are kept.
ALTER TABLE task ADD COLUMN submits boolean GENERATED ALWAYS AS (kind = 'SUBMIT') STORED,
  ADD COLUMN asks boolean GENERATED ALWAYS AS (kind IN ('DELIVER', 'HASTEN')) STORED; -- other relayers, who may not answer
DROP INDEX task_due;
CREATE INDEX task_submission ON task (not_before) WHERE attempts = 0 AND submits;
CREATE INDEX task_own ON task (not_before) WHERE attempts = 0 AND NOT submits AND NOT asks;
CREATE INDEX task_asking ON task (not_before) WHERE attempts = 0 AND NOT submits AND asks;
CREATE INDEX task_own_failed ON task (not_before) WHERE attempts > 0 AND NOT asks;
CREATE INDEX task_asking_failed ON task (not_before) WHERE attempts > 0 AND asks;

-- Whether what was logged there is archived is asked of each event: without it of all that ever was.
CREATE INDEX audit_record_event ON audit_record (chain_id, block_number, log_index);
