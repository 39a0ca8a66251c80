-- What a command asks and does, in as few statements and with as few plans as there can be. PL/pgSQL keeps a plan for
-- the session, also behind a pooler; none of these plans depends on statistics, which a young table does not have.


-- The events of one stream in order, if it is of this category.
create function load_stream(p_stream_id uuid, p_category text)
    returns table (version int, type text, schema_version smallint, data text) language plpgsql stable rows 20 as $$
begin
    return query select e.version, e.type, e.schema_version, e.data::text from public.event e
        where e.stream_id = p_stream_id
          and exists (select from public.stream s where s.stream_id = p_stream_id and s.category = p_category)
        order by e.version;
end
$$;


-- append() as 0001 has it, with the same answers and errors, but for two things: the caller sorts the streams, and what
-- most commands decide, one event, is written without a set. Answers null, or the stored response when the command was
-- accepted before. Raises PH001 (same id, another request), PH002 (a stream has another version; DETAIL is JSON), PH003 (a
-- claim is taken; DETAIL is JSON), PH004 (a release of what the stream does not hold; DETAIL is JSON). Locks are taken in
-- one order, command, streams, claims, each sorted: two appends never wait for each other in a ring.
create or replace function append(
    p_principal text, p_command_id uuid, p_request_digest bytea, p_response text, p_scope text,
    p_stream_ids uuid[], p_categories text[], p_expected int[], p_added int[],
    p_event_ids uuid[], p_event_streams uuid[], p_versions int[], p_types text[], p_schema_versions int[],
    p_data text[], p_metadata text[], p_occurred_at timestamptz[], p_recorded_at timestamptz, p_digests bytea[],
    p_claim_kinds text[], p_claim_values text[], p_claim_streams uuid[], p_claim_releases boolean[]
) returns text language plpgsql as $$
declare
    stored public.command;
    wanted record;
    current_version int;
    holder uuid;
    place int;
    new_no bigint;
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

    -- in stream-id order: the caller sorts them, this looks that it did
    for place in 1 .. cardinality(p_stream_ids) loop
        if p_expected[place] = 0 then
            insert into public.stream values (p_stream_ids[place], p_categories[place], p_scope, p_added[place])
                on conflict (stream_id) do nothing;
        else
            update public.stream s set version = p_expected[place] + p_added[place]
                where s.stream_id = p_stream_ids[place] and s.version = p_expected[place]
                  and s.category = p_categories[place];
        end if;
        if not found then
            select s.version into current_version from public.stream s where s.stream_id = p_stream_ids[place];
            raise exception using errcode = 'PH002', message = 'the stream has another version',
                detail = json_build_object('stream_id', p_stream_ids[place], 'category', p_categories[place],
                    'expected_version', p_expected[place], 'current_version', coalesce(current_version, 0))::text;
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

    if cardinality(p_event_ids) = 1 then
        insert into public.event (event_id, stream_id, version, type, schema_version, data, metadata,
                                  occurred_at, recorded_at, digest)
        values (p_event_ids[1], p_event_streams[1], p_versions[1], p_types[1], p_schema_versions[1],
                p_data[1]::json, p_metadata[1]::json, p_occurred_at[1], p_recorded_at, p_digests[1])
        returning event_no into new_no;
        insert into public.unsequenced values (new_no);
        return null;
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

revoke execute on function load_stream from public;
grant execute on function load_stream to :"serving";
