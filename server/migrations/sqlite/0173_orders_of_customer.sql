-- The waiting orders of a customer in the order in which they came, of which a lead takes the first ones.
DROP INDEX orders_customer;
CREATE INDEX orders_customer ON orders (customer, id) WHERE lead_id IS NULL;
