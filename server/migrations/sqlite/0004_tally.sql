-- How many leads there are of each kind, and what they are worth: sums over `lead`, moved with it in the same transaction, so that
-- nobody counts a million rows to show a figure. `stage` has its rank as key and the leads' value; `created` has the day, in days since
-- 1970 in UTC; `status:<word>` and `connection:<word>` have 0. A sum's parts are in slots, so that on Postgres writers do not wait for
-- each other.
CREATE TABLE tally (
  kind  TEXT   NOT NULL,
  key   BIGINT NOT NULL,
  slot  BIGINT NOT NULL,
  leads BIGINT NOT NULL,
  value BIGINT NOT NULL,
  PRIMARY KEY (kind, key, slot)
) WITHOUT ROWID;

INSERT INTO tally SELECT 'stage', stage, 0, COUNT(*), COALESCE(SUM(value), 0) FROM lead GROUP BY stage;
INSERT INTO tally SELECT 'status:' || status, 0, 0, COUNT(*), 0 FROM lead GROUP BY status;
INSERT INTO tally SELECT 'connection:' || connection, 0, 0, COUNT(*), 0 FROM lead GROUP BY connection;
INSERT INTO tally SELECT 'created', created_at / 86400000000, 0, COUNT(*), 0 FROM lead GROUP BY created_at / 86400000000;

-- Replies of a range of days.
CREATE INDEX enrolment_replied ON enrolment (replied_at, campaign_id) WHERE replied_at IS NOT NULL AND NOT gone;

-- What happened in one campaign, in the log's order.
ALTER TABLE change ADD COLUMN campaign_id BLOB;
UPDATE change SET campaign_id = entity_id WHERE entity = 'campaign';
UPDATE change SET campaign_id = unhex(replace(COALESCE(after ->> 'campaignId', before ->> 'campaignId'), '-', '')) WHERE entity = 'enrolment';
UPDATE change SET campaign_id = entity_id WHERE entity = 'set' AND after ->> 'entity' = 'enrolments';
CREATE INDEX change_campaign ON change (campaign_id, seq) WHERE campaign_id IS NOT NULL;
