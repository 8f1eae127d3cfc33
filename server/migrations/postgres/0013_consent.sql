-- How many a bulk action left out because they may not be contacted.
ALTER TABLE bulk ADD COLUMN left_out BIGINT NOT NULL DEFAULT 0;

-- Whoever may not be contacted goes on in no campaign.
UPDATE enrolment
SET    stopped_at = (SELECT updated_at FROM lead WHERE lead.id = enrolment.lead_id), state = 'stopped'
WHERE  NOT gone AND stopped_at IS NULL
AND    campaign_id IN (SELECT id FROM campaign WHERE status IN ('active', 'paused'))
AND    lead_id IN (SELECT id FROM lead WHERE consent <> 'subscribed' OR connection = 'do_not_contact');
