-- What notify has to carry and what became of it. Nothing here is a read model: it is not rebuilt, only filled again.

create table webhook (
    message_id uuid primary key,            -- uuid5 of the event's id: the same event is the same message
    no bigint generated always as identity unique,      -- the order of the delivery log's pages
    event_id uuid not null,
    endpoint_id uuid not null,              -- known before the endpoint is registered: messages wait for it
    provider_id uuid not null,
    order_id uuid not null,
    stream_version int not null,            -- the order within the lane
    webhook_type text not null,
    body bytea not null,                    -- the bytes of every attempt
    correlation_id uuid not null,
    traceparent text,
    state text not null default 'waiting' check (state in ('waiting', 'delivered', 'escalated')),
    attempts int not null default 0,
    tries int not null default 0,           -- attempts since the schedule began, or began again
    next_attempt_at timestamptz not null default clock_timestamp(),
    last_error text,
    made_at timestamptz not null default clock_timestamp(),
    settled_at timestamptz                  -- when it was delivered or escalated
);
create index webhook_lane on webhook (endpoint_id, order_id, stream_version) where state <> 'delivered';
create index webhook_order on webhook (order_id);
create index webhook_endpoint on webhook (endpoint_id, no);

create table lane (                         -- one order at one endpoint
    endpoint_id uuid not null,
    order_id uuid not null,
    due_at timestamptz,                     -- when its first message is tried next; null: nothing to do, or escalated
    epoch bigint not null default 0,        -- fences late writes: each lease raises it
    owner text,
    leased_until timestamptz,
    primary key (endpoint_id, order_id)
);
create index lane_due on lane (endpoint_id, due_at) where due_at is not null;
create index lane_leased on lane (endpoint_id) where leased_until is not null;

create table attempt (                      -- the delivery log
    message_id uuid not null references webhook,
    epoch bigint not null,                  -- the lease under which it was made
    started_at timestamptz not null default clock_timestamp(),
    ended_at timestamptz,                   -- null long after: the worker died, the outcome is unknown
    status smallint,
    error text,
    fault text check (fault in ('ours', 'theirs')),
    answer bytea check (octet_length(answer) <= 2048),
    duration_ms int,
    primary key (message_id, epoch)
);

create table pulse (                        -- how an endpoint does: after a failure it gets one message at a time
    endpoint_id uuid primary key,
    successes smallint not null             -- in a row, at most 3
);

create table endpoint_secret (
    secret_id uuid primary key,             -- uuid5 of the command that asked for it
    endpoint_id uuid not null,
    sealed bytea not null,                  -- AES-256-GCM under webhook-kek, bound to table and row
    public_key text not null,
    made_at timestamptz not null default clock_timestamp(),
    valid_until timestamptz                 -- null: until it is replaced
);
create index endpoint_secret_endpoint on endpoint_secret (endpoint_id, made_at);

create table probe (                        -- what http asks work to look at or to send, and waits for
    probe_id uuid primary key,
    url text not null,
    endpoint_id uuid,                       -- null: check the address only; else send a signed test message
    asked_at timestamptz not null default clock_timestamp(),
    taken_at timestamptz,
    answered_at timestamptz,
    outcome json
);
create index probe_open on probe (asked_at) where taken_at is null;

grant select, insert, update on webhook, lane, attempt, pulse, endpoint_secret to :"serving";
grant select, insert, update, delete on probe to :"serving";
