-- Who may bring a started campaign over 10,000 leads decides once: it stays free to grow again after some left.
ALTER TABLE campaign_counts ADD COLUMN large BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE campaign_counts
SET    large = TRUE
WHERE  total_leads > 10000 AND campaign_id IN (SELECT id FROM campaign WHERE started_at IS NOT NULL);
