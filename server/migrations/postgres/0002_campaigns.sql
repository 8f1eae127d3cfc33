-- A campaign with its sequence. The counters are sums over its enrolments, moved with them in the same transaction.
CREATE TABLE campaign (
  id               UUID   NOT NULL PRIMARY KEY,
  revision         BIGINT NOT NULL,
  name             TEXT   NOT NULL,
  description      TEXT   NOT NULL,
  status           TEXT COLLATE "C" NOT NULL,
  steps            JSONB  NOT NULL,
  total_leads      BIGINT NOT NULL,
  requests_sent    BIGINT NOT NULL,
  connected        BIGINT NOT NULL,
  messages_sent    BIGINT NOT NULL,
  replied          BIGINT NOT NULL,
  successful_leads BIGINT NOT NULL,
  finished         BIGINT NOT NULL,
  standing         JSONB  NOT NULL,
  created_by       TEXT   NOT NULL,
  created_at       BIGINT NOT NULL,
  updated_at       BIGINT NOT NULL,
  started_at       BIGINT,
  ended_at         BIGINT,
  -- Folded in Rust. A name is taken whatever its case.
  name_fold        TEXT COLLATE "C" NOT NULL UNIQUE,
  search           TEXT COLLATE "C" NOT NULL
);

-- One lead in one campaign. Rows stay when their lead or campaign is deleted, so that undo brings them back; they go when the log
-- forgets it. Of a deleted lead they are `gone`, and count for nothing.
CREATE TABLE enrolment (
  campaign_id  UUID    NOT NULL,
  lead_id      UUID    NOT NULL,
  state        TEXT    NOT NULL,
  step         BIGINT  NOT NULL,
  step_at      BIGINT  NOT NULL,
  messages     BIGINT  NOT NULL,
  enrolled_at  BIGINT  NOT NULL,
  requested_at BIGINT,
  connected_at BIGINT,
  replied_at   BIGINT,
  succeeded_at BIGINT,
  finished_at  BIGINT,
  stopped_at   BIGINT,
  gone         BOOLEAN NOT NULL,
  PRIMARY KEY (campaign_id, lead_id)
);
CREATE INDEX enrolment_lead  ON enrolment (lead_id);
CREATE INDEX enrolment_state ON enrolment (campaign_id, state, lead_id);
