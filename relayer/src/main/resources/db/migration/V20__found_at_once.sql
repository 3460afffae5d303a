-- What a transaction logged is looked up for each message that is attested and each transaction that is settled.
CREATE INDEX event_transaction ON event (chain_id, transaction);

-- A block that goes takes its reports along: without it each event that goes looks through all of them.
CREATE INDEX reported_intent_event ON reported_intent (chain_id, block_number, log_index);
