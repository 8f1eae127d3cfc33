-- New leads are counted by the quarter of an hour since 1970 in UTC, so that a figure can have the days of any time zone.
DELETE FROM tally WHERE kind = 'created';
INSERT INTO tally SELECT 'created', created_at / 900000000, 0, COUNT(*), 0 FROM lead GROUP BY created_at / 900000000;
