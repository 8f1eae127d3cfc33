-- Whom the program that made a change named as its writer.
ALTER TABLE change ADD COLUMN on_behalf_of TEXT;
