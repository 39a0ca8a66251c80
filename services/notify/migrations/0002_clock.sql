-- The database's clock may be set back. What was said about a lane at a time that is still to come then holds no more.

alter table lane add column said_at timestamptz not null default clock_timestamp();     -- when due_at and leased_until were
create index lane_said on lane (said_at) where due_at is not null;
