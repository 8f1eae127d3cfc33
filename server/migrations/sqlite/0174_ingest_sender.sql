-- How many items of each sender wait in each queue and are parked. Moved by the transactions that move the items.
CREATE TABLE ingest_sender (
  queue   TEXT   NOT NULL,
  -- The user or key; all zeros is Linnet itself, all ones are guests.
  sender  BLOB   NOT NULL,
  waiting BIGINT NOT NULL,
  parked  BIGINT NOT NULL,
  PRIMARY KEY (queue, sender)
);
INSERT INTO ingest_sender (queue, sender, waiting, parked)
SELECT   queue,
         CASE
           WHEN who ->> 'id' IS NOT NULL THEN unhex(replace(who ->> 'id', '-', ''))
           WHEN who ->> 'kind' = 'guest' THEN x'ffffffffffffffffffffffffffffffff'
           ELSE x'00000000000000000000000000000000'
         END AS sender,
         CAST(SUM(waiting) AS BIGINT), CAST(SUM(parked) AS BIGINT)
FROM     (SELECT queue, who, count AS waiting, 0 AS parked FROM inbox UNION ALL SELECT queue, who, 0, 1 FROM parked) AS item
GROUP BY 1, 2;
DROP INDEX parked_queue;
