-- Orders. What a lead has spent is its opening balance and the sum of its orders.
CREATE TABLE orders (
  id           UUID   NOT NULL PRIMARY KEY,
  -- What makes it unique: its order id, else the id of its message.
  key          TEXT   UNIQUE,
  order_id     TEXT,
  message_id   TEXT,
  -- As given: the id of a lead, or its customer number.
  customer     TEXT   NOT NULL,
  -- NULL while it waits for its customer.
  lead_id      UUID,
  -- While it waits: the deleted lead that it was applied to, and comes back to.
  last_lead_id UUID,
  amount       BIGINT NOT NULL,
  lines        JSONB  NOT NULL,
  ordered_at   BIGINT NOT NULL,
  created_at   BIGINT NOT NULL,
  updated_at   BIGINT NOT NULL,
  -- Folded in Rust.
  search       TEXT   NOT NULL
);
CREATE INDEX orders_time     ON orders (ordered_at, id);
CREATE INDEX orders_lead     ON orders (lead_id, ordered_at, id) WHERE lead_id IS NOT NULL;
CREATE INDEX orders_waiting  ON orders (ordered_at, id) WHERE lead_id IS NULL;
CREATE INDEX orders_customer ON orders (customer) WHERE lead_id IS NULL;
CREATE INDEX orders_last     ON orders (last_lead_id) WHERE last_lead_id IS NOT NULL;

-- What leads had spent before their orders here, or were set to outright. It stays when its lead is deleted, for the undo.
CREATE TABLE opening (
  lead_id        UUID   NOT NULL PRIMARY KEY,
  total_spend    BIGINT NOT NULL,
  visits         BIGINT NOT NULL,
  last_active_at BIGINT
);
INSERT INTO opening (lead_id, total_spend, visits, last_active_at)
SELECT      id, total_spend, visits, last_active_at
FROM        lead
WHERE       total_spend <> 0 OR visits <> 0 OR last_active_at IS NOT NULL;

-- Finds the customer of an order. Of several leads with one customer number, the oldest is it.
CREATE INDEX lead_customer ON lead (customer_id, id) WHERE customer_id IS NOT NULL;
