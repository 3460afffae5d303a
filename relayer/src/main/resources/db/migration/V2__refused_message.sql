-- Final messages that this relayer does not attest, so that they are not looked at again and again. Emptied at every start:
-- another configuration or a newer program may judge otherwise.
CREATE TABLE refused_message (
  message_id hash32 PRIMARY KEY,
  reason     text NOT NULL,
  refused_at timestamptz NOT NULL
);
