-- Imports of orders: how many are new, and how many of these waited for their customer; and of each order the import that recorded it.
ALTER TABLE import ADD COLUMN orders  BIGINT NOT NULL DEFAULT 0;
ALTER TABLE import ADD COLUMN waiting BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN import_id UUID;
CREATE INDEX orders_import ON orders (import_id, id) WHERE import_id IS NOT NULL;
