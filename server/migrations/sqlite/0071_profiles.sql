-- People's own profiles on a social network, with their limits.
CREATE TABLE profile (
  id                   BLOB NOT NULL PRIMARY KEY,
  owner                BLOB NOT NULL,
  name                 TEXT NOT NULL,
  linkedin_url         TEXT NOT NULL,
  is_active            BOOLEAN NOT NULL,
  is_primary           BOOLEAN NOT NULL,
  daily_limit          BIGINT NOT NULL,
  weekly_limit         BIGINT NOT NULL,
  current_daily_count  BIGINT NOT NULL,
  current_weekly_count BIGINT NOT NULL,
  last_reset_date      BIGINT,
  created_at           BIGINT NOT NULL,
  updated_at           BIGINT NOT NULL
);
CREATE INDEX profile_owner ON profile (owner, id);
