-- Who uploaded the file: the id of the user or key. Each keeps a limited number of files.
ALTER TABLE import ADD COLUMN made_by UUID;
