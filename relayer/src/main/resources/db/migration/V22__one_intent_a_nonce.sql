-- An agent's nonce is good for one intent: of those that are being submitted one holds it, whichever instance took it.
ALTER TABLE task
  ADD COLUMN agent_id uint256, -- of SUBMIT: who signed it
  ADD COLUMN nonce uint256;    -- of SUBMIT: the nonce that it holds; null: another one holds it
UPDATE task t SET agent_id = i.agent_id, nonce = CASE WHEN i.place = 1 THEN i.nonce END
  FROM (SELECT i.intent_id, i.agent_id, i.nonce, row_number() OVER (PARTITION BY i.agent_id, i.nonce ORDER BY i.number) AS place
          FROM intent i JOIN task o ON o.kind = 'SUBMIT' AND o.subject = i.intent_id) i
 WHERE t.kind = 'SUBMIT' AND t.subject = i.intent_id;
-- Also for what waits of one agent. Not by the kind: it must not look like a way to whatever else is of that kind.
CREATE UNIQUE INDEX task_nonce ON task (agent_id, nonce) WHERE nonce IS NOT NULL;

-- Who else signed under the same nonce.
CREATE INDEX intent_nonce ON intent (agent_id, nonce);
-- Which intent used its nonce, by final data: it was never submitted and never will be.
ALTER TABLE intent ADD COLUMN superseded_by hash32;
