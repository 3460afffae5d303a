-- What is due longest is found at once, however much else waits: one index for each question that a worker asks.
DROP INDEX task_due;
CREATE INDEX task_fresh ON task (not_before) WHERE attempts = 0;
CREATE INDEX task_fresh_other ON task (not_before) WHERE attempts = 0 AND kind <> 'SUBMIT';
CREATE INDEX task_failed ON task (not_before) WHERE attempts > 0;
