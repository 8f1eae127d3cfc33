-- What orders are of, for rules: the folded ids and names of their products. `search` has them, one line each, after the order's id and the
-- customer.
CREATE TABLE order_product (
  order_id BLOB NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
  product  TEXT NOT NULL,
  PRIMARY KEY (order_id, product)
) WITHOUT ROWID;
CREATE INDEX order_product_name ON order_product (product, order_id);

WITH RECURSIVE line (id, at, text, rest) AS (
  SELECT id, 0 - (order_id IS NOT NULL), '', search || char(10) FROM orders WHERE lines <> '[]'
  UNION ALL
  SELECT id, at + 1, substr(rest, 1, instr(rest, char(10)) - 1), substr(rest, instr(rest, char(10)) + 1) FROM line WHERE rest <> ''
)
INSERT OR IGNORE INTO order_product (order_id, product) SELECT id, text FROM line WHERE at > 1 AND text <> '';

-- Rules read only the index: the orders of a lead, and those of a time.
DROP INDEX orders_lead;
CREATE INDEX orders_lead   ON orders (lead_id, ordered_at, id, amount) WHERE lead_id IS NOT NULL;
CREATE INDEX orders_window ON orders (ordered_at, lead_id, id, amount) WHERE lead_id IS NOT NULL;
