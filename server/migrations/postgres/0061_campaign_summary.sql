-- Lists show campaigns without their texts, which are stored apart from the row.
ALTER TABLE campaign ADD COLUMN step_count BIGINT NOT NULL DEFAULT 0;
UPDATE campaign SET step_count = jsonb_array_length(steps);
