-- One spelling, in the rows of the log too.
ALTER TABLE enrolment RENAME TO enrollment;
UPDATE change SET entity = 'enrollment' WHERE entity = 'enrolment';
