-- What consumers, timers and keys keep. The serving role may do everything here but rewrite what was decided.

create table watermark (
    consumer text not null,             -- `registry.views@2` for the second version of a read model, else the plain name
    topic text not null,
    partition smallint not null,
    topic_id text not null,             -- the offset counts only for this one
    epoch smallint not null,
    position bigint not null,           -- on command topics: the number of offsets dealt with
    kafka_offset bigint not null,       -- where to begin reading; may go back, position never does
    moved_at timestamptz not null default clock_timestamp(),
    primary key (consumer, topic, partition)
);

create table seen (
    consumer text not null,
    stream_id uuid not null,
    version int not null,
    primary key (consumer, stream_id)
);

create table parked (
    no bigint generated always as identity primary key,
    consumer text not null,
    topic text not null,
    topic_id text not null,
    partition smallint not null,
    kafka_offset bigint not null,
    stream text not null,               -- the stream's id; where none can be read, `<topic id>/<partition>/<offset>`
    position bigint,
    stream_version int,
    type text,
    first_cause boolean not null,       -- false: set aside behind an earlier one of its stream
    reason text not null,               -- a short code
    detail text not null,
    headers json not null,              -- [[name, value as latin-1], ...]
    key bytea,
    value bytea,
    state text not null default 'parked' check (state in ('parked', 'retry', 'replayed', 'discarded')),
    attempts int not null default 1,
    parked_at timestamptz not null default clock_timestamp(),
    decided_at timestamptz,
    unique (consumer, topic_id, partition, kafka_offset)
);
create index parked_waiting on parked (consumer, stream, no) where state in ('parked', 'retry');

create table stopped (                  -- partitions that wait for a person
    consumer text not null,
    topic text not null,
    partition smallint not null,
    reason text not null,
    detail text not null,
    epoch smallint,                     -- the message it stands before
    position bigint,
    prev bigint,
    stopped_at timestamptz not null default clock_timestamp(),
    primary key (consumer, topic, partition)
);

create table consumer_act (             -- what people did to a consumer: retry, discard, reconcile, rebuild
    no bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    actor text not null,
    act text not null,
    consumer text not null,
    reason text not null,
    detail json not null
);

create table consumer_version (         -- which version of a read model answers queries
    consumer text primary key,
    live_version int not null,
    definition bytea not null,          -- sha256 of the SQL that made its tables
    tables text[] not null,
    changed_at timestamptz not null default clock_timestamp()
);

create table correlation (
    manager text not null,
    key text not null,
    stream_id uuid not null,
    primary key (manager, key, stream_id)
);

create table timer (
    id uuid primary key,                -- uuid5(stream_id, kind/round)
    stream_id uuid not null,
    kind text not null,
    round int not null,
    due_at timestamptz not null,
    payload json not null default '{}',
    fired_at timestamptz,
    attempts int not null default 0,
    not_before timestamptz,             -- after a failure: when it is tried again
    error text
);
create index timer_due on timer (due_at) where fired_at is null;

create table api_key (
    key_id text primary key,
    verifier text not null,             -- HMAC-SHA256 of the key, hex
    company_id uuid not null,
    revoked_at timestamptz
);

grant select, insert, update, delete on watermark, seen, parked, stopped, correlation, timer, api_key
    to :"serving";
grant select, insert on consumer_act to :"serving";
grant select on consumer_version to :"serving";

create schema read;
grant usage on schema read to :"serving";
