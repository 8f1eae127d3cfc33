-- A campaign's counters, apart from what people write: they move with its enrolments, its row does not. `revision` counts both, and is
-- the campaign's; `campaign.edited` is the last one that somebody wrote.
CREATE TABLE campaign_counts (
  campaign_id      UUID   NOT NULL PRIMARY KEY REFERENCES campaign (id) ON DELETE CASCADE,
  revision         BIGINT NOT NULL,
  total_leads      BIGINT NOT NULL,
  requests_sent    BIGINT NOT NULL,
  connected        BIGINT NOT NULL,
  messages_sent    BIGINT NOT NULL,
  contacted        BIGINT NOT NULL,
  replied          BIGINT NOT NULL,
  successful_leads BIGINT NOT NULL,
  finished         BIGINT NOT NULL,
  -- How many leads have done so many steps, from none on.
  standing         JSONB  NOT NULL
);
INSERT INTO campaign_counts
  (campaign_id, revision, total_leads, requests_sent, connected, messages_sent, contacted, replied, successful_leads, finished, standing)
SELECT id, revision, total_leads, requests_sent, connected, messages_sent, contacted, replied, successful_leads, finished, standing
FROM   campaign;
ALTER TABLE campaign DROP COLUMN revision;
ALTER TABLE campaign DROP COLUMN total_leads;
ALTER TABLE campaign DROP COLUMN requests_sent;
ALTER TABLE campaign DROP COLUMN connected;
ALTER TABLE campaign DROP COLUMN messages_sent;
ALTER TABLE campaign DROP COLUMN contacted;
ALTER TABLE campaign DROP COLUMN replied;
ALTER TABLE campaign DROP COLUMN successful_leads;
ALTER TABLE campaign DROP COLUMN finished;
ALTER TABLE campaign DROP COLUMN standing;
