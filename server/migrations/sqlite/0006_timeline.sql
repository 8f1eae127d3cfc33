-- A lead's timeline asks which imports and bulk actions changed it.
CREATE INDEX lead_image_of_lead ON lead_image (lead_id);
