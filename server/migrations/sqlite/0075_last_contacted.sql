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
                  WHERE  before ->> 'status' = 'pending' AND after ->> 'status' = 'contacted')
        GROUP BY lead_id) AS contact
WHERE  contact.lead_id = lead.id;

-- Until now the contract "Leads Artisan" kept a time that its client had set in a custom field.
UPDATE lead
SET    last_contacted_at = CAST(strftime('%s', substr(custom ->> '$."Last contacted"', 1, 19)) AS INTEGER) * 1000000
                           + CAST(substr(rtrim(substr(custom ->> '$."Last contacted"', 21), 'Z') || '000000', 1, 6) AS INTEGER),
       custom = json_remove(custom, '$."Last contacted"'),
       custom_fold = json_remove(custom_fold, '$."last contacted"')
WHERE  custom ->> '$."Last contacted"' GLOB '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]*Z'
AND    strftime('%s', substr(custom ->> '$."Last contacted"', 1, 19)) IS NOT NULL;

-- As leads without a value, those that were never contacted stand before all others.
CREATE INDEX lead_contacted ON lead (COALESCE(last_contacted_at, -400000000000000000), id);
