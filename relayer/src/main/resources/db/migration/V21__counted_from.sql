-- From when the day's limit counts what was sent: when it was settled, by the database's clock. settled_at is by a process's own.
ALTER TABLE transaction ADD COLUMN counted_from timestamptz;
