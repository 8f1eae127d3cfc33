-- When a lead was last contacted; NULL: never. Older leads get it from their enrollments, messages and changes of status.
ALTER TABLE lead ADD COLUMN last_contacted_at BIGINT;

UPDATE lead
SET    last_contacted_at = contact.at
FROM   (SELECT   lead_id, MAX(at) AS at
        FROM     (SELECT lead_id, requested_at AS at FROM enrollment WHERE requested_at IS NOT NULL
                  UNION ALL
                  SELECT lead_id, step_at FROM enrollment WHERE step_id IS NOT NULL
                  UNION ALL
                  SELECT lead_id, created_at FROM note
                  WHERE  outreach ->> 'kind' = 'message' AND outreach ->> 'status' <> 'draft'
                  OR     outreach ->> 'kind' = 'activity' AND outreach ->> 'what' IN ('connection_request_sent', 'message_sent')
                  UNION ALL
                  SELECT id, last_activity_at FROM lead WHERE last_activity = 'Message sent'
                  UNION ALL
                  SELECT lead_id, at FROM change
                  WHERE  entity = 'lead' AND op = 'update' AND before ->> 'status' = 'pending' AND after ->> 'status' = 'contacted'
                  UNION ALL
                  SELECT lead_image.lead_id, bulk.created_at FROM bulk JOIN lead_image ON lead_image.set_id = bulk.id
                  WHERE  before ->> 'status' = 'pending' AND after ->> 'status' = 'contacted') AS known
        GROUP BY lead_id) AS contact
WHERE  contact.lead_id = lead.id;

-- Until now the contract "Leads Artisan" kept a time that its client had set in a custom field. Months and days are added, because a person may
-- have written a day that its month does not have.
UPDATE lead
SET    last_contacted_at =
           CAST(EXTRACT(EPOCH FROM make_date(CAST(substr(custom ->> 'Last contacted', 1, 4) AS INTEGER), 1, 1)
                                   + (CAST(substr(custom ->> 'Last contacted', 6, 2) AS INTEGER) - 1) * INTERVAL '1 month'
                                   + (CAST(substr(custom ->> 'Last contacted', 9, 2) AS INTEGER) - 1) * INTERVAL '1 day'
                                   + CAST(substr(custom ->> 'Last contacted', 12, 8) AS INTERVAL)) AS BIGINT) * 1000000
           + CAST(substr(rtrim(substr(custom ->> 'Last contacted', 21), 'Z') || '000000', 1, 6) AS BIGINT),
       custom = custom - 'Last contacted',
       custom_fold = custom_fold - 'last contacted'
WHERE  custom ->> 'Last contacted' ~ '^[12]\d{3}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d\.\d{3,6}Z$';

-- As leads without a value, those that were never contacted stand before all others.
CREATE INDEX lead_contacted ON lead (COALESCE(last_contacted_at, -400000000000000000), id);
