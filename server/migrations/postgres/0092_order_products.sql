-- What orders are of, for rules: the folded ids and names of their products. `search` has them, one line each, after the order's id and the
-- customer.
CREATE TABLE order_product (
  order_id UUID NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
  product  TEXT NOT NULL
);
CREATE INDEX order_product_order ON order_product (order_id);
-- A name can be longer than what a B-tree holds.
CREATE INDEX order_product_name  ON order_product USING HASH (product);

INSERT INTO order_product (order_id, product)
SELECT DISTINCT orders.id, line.text
FROM   orders, unnest(string_to_array(search, E'\n')) WITH ORDINALITY AS line (text, at)
WHERE  line.at > CASE WHEN orders.order_id IS NULL THEN 1 ELSE 2 END AND line.text <> '';

-- Rules read only the index: the orders of a lead, and those of a time.
DROP INDEX orders_lead;
CREATE INDEX orders_lead   ON orders (lead_id, ordered_at, id, amount) WHERE lead_id IS NOT NULL;
CREATE INDEX orders_window ON orders (ordered_at, lead_id, id, amount) WHERE lead_id IS NOT NULL;
