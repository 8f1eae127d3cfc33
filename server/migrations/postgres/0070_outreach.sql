-- Notes that hold a message, or an activity outside of Linnet.
ALTER TABLE note ADD COLUMN kind TEXT NOT NULL DEFAULT 'note';
ALTER TABLE note ADD COLUMN outreach JSONB;
CREATE INDEX note_message ON note (id) WHERE kind = 'message';
