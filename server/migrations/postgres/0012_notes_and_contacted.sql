-- Who wrote a note, as the log says it: only they edit it. Absent where the log has forgotten.
ALTER TABLE note ADD COLUMN written_by JSONB;
ALTER TABLE note ADD COLUMN edited_at BIGINT;
UPDATE note SET written_by = change.who
FROM   change
WHERE  change.lead_id = note.lead_id AND change.entity_id = note.id AND change.entity = 'note' AND change.op = 'create';
-- Leads that were contacted in the campaign: what its response rate is of.
ALTER TABLE campaign ADD COLUMN contacted BIGINT NOT NULL DEFAULT 0;
UPDATE campaign SET contacted = (
  SELECT COUNT(*) FROM enrolment
  WHERE  campaign_id = campaign.id AND NOT gone AND (step > 0 OR messages > 0 OR requested_at IS NOT NULL OR replied_at IS NOT NULL)
);
