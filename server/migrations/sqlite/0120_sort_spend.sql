-- The order of a list by total spend.
CREATE INDEX lead_spend ON lead (total_spend, id);
