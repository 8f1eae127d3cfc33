-- The workspace's time zone at the start, in which a rule is evaluated to the end.
ALTER TABLE bulk ADD COLUMN zone TEXT NOT NULL DEFAULT 'UTC';
ALTER TABLE export ADD COLUMN zone TEXT NOT NULL DEFAULT 'UTC';
UPDATE bulk SET zone = (SELECT time_zone FROM workspace) WHERE status IN ('running', 'undoing');
UPDATE export SET zone = (SELECT time_zone FROM workspace) WHERE status = 'running';
