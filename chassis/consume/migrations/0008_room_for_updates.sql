-- A row of `seen` changes with every event of its stream. With room left in its page the new version stays beside the old
-- one and no index entry is written: a fifth cheaper, and half the size (measured, ten versions each of 10,000 streams).
alter table seen set (fillfactor = 80);
