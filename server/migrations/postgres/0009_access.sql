-- Access that can be taken away. A link to choose a password is one for each account: SHA-256 of its token, and until when it works.
ALTER TABLE account ADD COLUMN password_at    BIGINT;
ALTER TABLE account ADD COLUMN link           BYTEA;
ALTER TABLE account ADD COLUMN link_until     BIGINT;
ALTER TABLE account ADD COLUMN signed_out_at  BIGINT;
ALTER TABLE account ADD COLUMN deactivated_at BIGINT;
UPDATE account SET password_at = created_at WHERE password <> '';
CREATE UNIQUE INDEX account_link ON account (link) WHERE link IS NOT NULL;

ALTER TABLE api_key ADD COLUMN expires_at BIGINT;
ALTER TABLE api_key ADD COLUMN used_at    BIGINT;
