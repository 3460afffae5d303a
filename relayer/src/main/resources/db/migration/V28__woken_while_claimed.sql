-- It is claimed as long as claimed_until is set and not_before is what the claim set it to. News leaves that as it is: from when on the work
-- is due again once the claim has ended. Null: nothing came since it was claimed.
ALTER TABLE task ADD COLUMN woken_for timestamptz;
