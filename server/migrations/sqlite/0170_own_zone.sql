-- The time zone in which a user reads times; NULL: the workspace's.
ALTER TABLE account ADD COLUMN time_zone TEXT;
