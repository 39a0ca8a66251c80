-- Partitions that wait because Kafka refuses an event of theirs as too large: {"7": 1234} holds partition 7 from
-- position 1234 on. In the cursor's row, so that both change at once or not at all.
alter table relay_cursor add column held jsonb not null default '{}';
