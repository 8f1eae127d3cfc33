-- The order of a list by status: where it stands in the funnel, not its word.
ALTER TABLE lead ADD COLUMN status_rank INTEGER GENERATED ALWAYS AS (CASE status
    WHEN 'pending' THEN 0 WHEN 'contacted' THEN 1 WHEN 'responded' THEN 2 WHEN 'qualified' THEN 3 WHEN 'nurturing' THEN 4 WHEN 'converted' THEN 5 END) VIRTUAL;
CREATE INDEX lead_status_rank ON lead (status_rank, id);
