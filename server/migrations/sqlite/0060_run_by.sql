-- For whom a job runs: whoever started, continued or undid it last. Empty means Linnet itself.
ALTER TABLE import ADD COLUMN run_by TEXT;
ALTER TABLE bulk ADD COLUMN run_by TEXT;
UPDATE bulk SET run_by = who;
