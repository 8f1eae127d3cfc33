-- Who made a campaign, as the log says it: they end and delete it, and managers. Absent where the log has forgotten.
ALTER TABLE campaign ADD COLUMN made_by JSONB;
UPDATE campaign SET made_by = change.who
FROM   change
WHERE  change.entity_id = campaign.id AND change.entity = 'campaign' AND change.op = 'create';
