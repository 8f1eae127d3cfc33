-- An enrollment names the last step done by its id, so that the steps of a campaign can be reordered, added and removed.
ALTER TABLE enrolment ADD COLUMN step_id UUID;
-- Its position, where the campaign was deleted before this: the campaign's steps come back with it. 0 elsewhere.
ALTER TABLE enrolment ADD COLUMN old_step BIGINT NOT NULL DEFAULT 0;
UPDATE enrolment
SET    step_id = (SELECT   CAST(one.value ->> 'id' AS UUID)
                  FROM     campaign, jsonb_array_elements(campaign.steps) AS one
                  WHERE    campaign.id = enrolment.campaign_id AND CAST(one.value ->> 'position' AS BIGINT) <= enrolment.step
                  ORDER BY CAST(one.value ->> 'position' AS BIGINT) DESC
                  LIMIT    1)
WHERE  step > 0;
UPDATE enrolment SET old_step = step WHERE step > 0 AND step_id IS NULL;
ALTER TABLE enrolment DROP COLUMN step;

-- Where enrollments stood before an edit of their campaign's steps moved them, for its undo.
CREATE TABLE step_image (
  change_id UUID NOT NULL,
  lead_id   UUID NOT NULL,
  step_id   UUID NOT NULL,
  PRIMARY KEY (change_id, lead_id)
);
