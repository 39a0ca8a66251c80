-- One reading of the clock a transaction: set between two readings, it would make a message due an hour after its lane
-- was said to be.

alter table webhook alter column next_attempt_at set default now();
alter table lane alter column said_at set default now();
comment on column lane.said_at is 'never before the reading that any of the lane''s times came from';
