-- A write that concerns a lead reads its campaigns without their texts. From an index, as in 0061.
ALTER TABLE campaign ADD COLUMN outline TEXT NOT NULL DEFAULT '[]';
UPDATE campaign
SET    step_count = json_array_length(steps),
       outline = (SELECT json_group_array(json_replace(value, '$.title', '', '$.content', '')) FROM json_each(steps));
CREATE INDEX campaign_outline
ON campaign (id, edited, name, status, outline, created_by, made_by, created_at, updated_at, started_at, ended_at);
