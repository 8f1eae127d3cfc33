-- Lists show campaigns without their texts. They read them from an index, because SQLite reads a row through its texts to the columns behind.
ALTER TABLE campaign ADD COLUMN step_count BIGINT NOT NULL DEFAULT 0;
UPDATE campaign SET step_count = json_array_length(steps);
CREATE INDEX campaign_summary ON campaign (created_at, id, edited, name, name_fold, status, step_count, made_by, search);
