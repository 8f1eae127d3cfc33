-- For whom a job runs: whoever started, continued or undid it last. Empty means Linnet itself.
ALTER TABLE import ADD COLUMN run_by JSONB;
ALTER TABLE bulk ADD COLUMN run_by JSONB;
UPDATE bulk SET run_by = who;
