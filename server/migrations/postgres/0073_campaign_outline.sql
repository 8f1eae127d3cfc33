-- A write that concerns a lead reads its campaigns without their texts. What follows from the steps is derived here, so that it is right
-- also when an older server writes them.
CREATE FUNCTION campaign_outline(steps JSONB) RETURNS JSONB LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT COALESCE(jsonb_agg(step || '{"title": "", "content": ""}' ORDER BY at), '[]')
  FROM   jsonb_array_elements(steps) WITH ORDINALITY AS one (step, at)
$$;
ALTER TABLE campaign DROP COLUMN step_count;
ALTER TABLE campaign
  ADD COLUMN step_count BIGINT NOT NULL GENERATED ALWAYS AS (jsonb_array_length(steps)) STORED,
  ADD COLUMN outline    JSONB  NOT NULL GENERATED ALWAYS AS (campaign_outline(steps)) STORED;
