-- The event store. What the serving role may do is granted at the foot; triggers are the second wall behind it.

create table stream (
    stream_id uuid primary key,
    category  text not null,
    scope     text not null,
    version   int  not null
) with (fillfactor = 80);

create table event (
    event_no       bigint generated always as identity primary key,  -- has gaps: nobody tails it
    event_id       uuid unique not null,
    stream_id      uuid not null references stream,
    version        int not null,
    type           text not null,
    schema_version smallint not null,
    data           json not null,  -- json, not jsonb: the exact bytes are hashed and sent
    metadata       json not null,
    occurred_at    timestamptz not null,
    recorded_at    timestamptz not null,
    digest         bytea not null,
    unique (stream_id, version)
);

create table unsequenced (event_no bigint primary key) with (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0
);

create table log (
    epoch        smallint not null,
    position     bigint primary key,
    event_no     bigint unique not null references event,
    partition    smallint not null,
    prev         bigint not null,  -- the last position before this one in the same partition, 0 if none
    sequenced_at timestamptz not null,
    hash         bytea not null
);
create index log_partition on log (partition, position);  -- the last position of each partition

create table epoch (
    no            smallint primary key,
    from_position bigint not null,
    reason        text not null,
    raised_at     timestamptz not null
);
insert into epoch values (1, 1, 'the log begins', clock_timestamp());

create table command (
    principal      text not null,
    command_id     uuid not null,
    request_digest bytea not null,
    response       json not null,  -- {"response": what the handler answered, "after": "<stream>@<version>,…" or null}
    primary key (principal, command_id)
);

create table claim (
    kind      text collate "C" not null,
    value     text collate "C" not null,
    stream_id uuid not null,
    primary key (kind, value)
);

create table inbox (
    principal      text not null,
    command_id     uuid not null,
    request_digest bytea not null,
    reply          json not null,
    primary key (principal, command_id)
);

create table outbox (
    no      bigint generated always as identity primary key,
    topic   text not null,
    key     bytea,
    headers json not null,  -- [[name, text], …] in the order they are sent
    value   bytea not null
);

create table relay_cursor (
    topic    text primary key,
    position bigint not null  -- everything up to here is on Kafka
);


-- append(): one round trip for everything a command changes. Answers null, or the stored response when the command was
-- accepted before. Raises PH001 (same id, another request), PH002 (a stream has another version; DETAIL is JSON),
-- PH003 (a claim is taken; DETAIL is JSON), PH004 (a release of what the stream does not hold; DETAIL is JSON).
-- Locks are taken in one order, command, streams, claims, each sorted: two appends never wait for each other in a ring.
create function append(
    p_principal text, p_command_id uuid, p_request_digest bytea, p_response text, p_scope text,
    p_stream_ids uuid[], p_categories text[], p_expected int[], p_added int[],
    p_event_ids uuid[], p_event_streams uuid[], p_versions int[], p_types text[], p_schema_versions int[],
    p_data text[], p_metadata text[], p_occurred_at timestamptz[], p_recorded_at timestamptz, p_digests bytea[],
    p_claim_kinds text[], p_claim_values text[], p_claim_streams uuid[], p_claim_releases boolean[]
) returns text language plpgsql as $$
declare
    stored public.command;
    change record;
    wanted record;
    current_version int;
    holder uuid;
begin
    insert into public.command values (p_principal, p_command_id, p_request_digest, p_response::json)
        on conflict (principal, command_id) do nothing;
    if not found then
        select * into strict stored from public.command c
            where c.principal = p_principal and c.command_id = p_command_id;
        if stored.request_digest <> p_request_digest then
            raise exception using errcode = 'PH001', message = 'this command id came with another request';
        end if;
        return stored.response::text;
    end if;

    for change in
        select * from unnest(p_stream_ids, p_categories, p_expected, p_added)
            as c (stream_id, category, expected, added) order by stream_id
    loop
        if change.expected = 0 then
            insert into public.stream values (change.stream_id, change.category, p_scope, change.added)
                on conflict (stream_id) do nothing;
        else
            update public.stream s set version = change.expected + change.added
                where s.stream_id = change.stream_id and s.version = change.expected and s.category = change.category;
        end if;
        if not found then
            select version into current_version from public.stream s where s.stream_id = change.stream_id;
            raise exception using errcode = 'PH002', message = 'the stream has another version',
                detail = json_build_object('stream_id', change.stream_id, 'category', change.category,
                    'expected_version', change.expected, 'current_version', coalesce(current_version, 0))::text;
        end if;
    end loop;

    if cardinality(p_claim_kinds) > 0 then
        for wanted in
            select * from unnest(p_claim_kinds, p_claim_values, p_claim_streams, p_claim_releases)
                as c (kind, value, stream_id, release)
                order by kind collate "C", value collate "C", release desc
        loop
            if wanted.release then
                delete from public.claim c
                    where c.kind = wanted.kind and c.value = wanted.value and c.stream_id = wanted.stream_id;
                if not found then
                    raise exception using errcode = 'PH004', message = 'the stream does not hold this claim',
                        detail = json_build_object('kind', wanted.kind, 'value', wanted.value,
                            'stream_id', wanted.stream_id)::text;
                end if;
            else
                insert into public.claim values (wanted.kind, wanted.value, wanted.stream_id)
                    on conflict (kind, value) do nothing;
                if not found then
                    select c.stream_id into holder from public.claim c
                        where c.kind = wanted.kind and c.value = wanted.value;
                    if holder is distinct from wanted.stream_id then
                        raise exception using errcode = 'PH003', message = 'the claim is taken',
                            detail = json_build_object('kind', wanted.kind, 'value', wanted.value, 'holder', holder)::text;
                    end if;
                end if;
            end if;
        end loop;
    end if;

    with stored_events as (
        insert into public.event (event_id, stream_id, version, type, schema_version, data, metadata,
                                  occurred_at, recorded_at, digest)
        select e.event_id, e.stream_id, e.version, e.type, e.schema_version, e.data::json, e.metadata::json,
               e.occurred_at, p_recorded_at, e.digest
        from unnest(p_event_ids, p_event_streams, p_versions, p_types, p_schema_versions, p_data, p_metadata,
                    p_occurred_at, p_digests) with ordinality
            as e (event_id, stream_id, version, type, schema_version, data, metadata, occurred_at, digest, place)
        order by e.place
        returning event_no
    )
    insert into public.unsequenced select event_no from stored_events;
    return null;
end
$$;


create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception using errcode = 'PH009', message = format('%s is append-only: %s is refused', tg_table_name, tg_op);
end
$$;

create trigger append_only before update or delete or truncate on event for each statement execute function refuse_change();
create trigger append_only before update or delete or truncate on log for each statement execute function refuse_change();
create trigger append_only before update or delete or truncate on command for each statement execute function refuse_change();
create trigger append_only before update or delete or truncate on inbox for each statement execute function refuse_change();
create trigger append_only before update or delete or truncate on epoch for each statement execute function refuse_change();
create trigger append_only before delete or truncate on stream for each statement execute function refuse_change();


grant select, insert on event, log, command, inbox, epoch to :"serving";
grant select, insert, update (version) on stream to :"serving";
grant select, insert, delete on unsequenced, claim, outbox to :"serving";
grant update (no) on outbox to :"serving";  -- `for update skip locked` asks for it; an identity column cannot be changed
grant select, insert, update, delete on relay_cursor to :"serving";
revoke execute on function append from public;
grant execute on function append to :"serving";
