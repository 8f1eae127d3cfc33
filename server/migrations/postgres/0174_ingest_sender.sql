-- How many items of each sender wait in each queue and are parked. Moved by the transactions that move the items.
CREATE TABLE ingest_sender (
  queue   TEXT   NOT NULL,
  -- The user or key; all zeros is Linnet itself, all ones are guests.
  sender  UUID   NOT NULL,
  waiting BIGINT NOT NULL,
  parked  BIGINT NOT NULL,
  PRIMARY KEY (queue, sender)
);
INSERT INTO ingest_sender (queue, sender, waiting, parked)
SELECT   queue,
         CASE
           WHEN who ->> 'id' IS NOT NULL THEN CAST(who ->> 'id' AS UUID)
           WHEN who ->> 'kind' = 'guest' THEN CAST('ffffffff-ffff-ffff-ffff-ffffffffffff' AS UUID)
           ELSE CAST('00000000-0000-0000-0000-000000000000' AS UUID)
         END AS sender,
         CAST(SUM(waiting) AS BIGINT), CAST(SUM(parked) AS BIGINT)
FROM     (SELECT queue, who, count AS waiting, 0 AS parked FROM inbox UNION ALL SELECT queue, who, 0, 1 FROM parked) AS item
GROUP BY 1, 2;
DROP INDEX parked_queue;
