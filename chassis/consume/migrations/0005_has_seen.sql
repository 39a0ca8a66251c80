-- Whether what somebody wrote can be read yet, asked again and again while it cannot: a function, because its plan is
-- kept and planning the same question costs seven times as much as answering it.

-- How many of these changes the live version of the consumer has dealt with; `is_parked` when one of the others waits
-- for a person, or stands behind a message that does.
create function has_seen(p_consumer text, p_streams uuid[], p_versions int[], out seen int, out is_parked boolean)
    language plpgsql stable as $$
declare
    live text := coalesce(
        (select c.consumer || '@' || c.live_version from public.consumer_version c where c.consumer = p_consumer),
        p_consumer);
begin
    seen := 0;
    is_parked := false;
    for place in 1 .. cardinality(p_streams) loop
        perform from public.seen s
            where s.consumer = live and s.stream_id = p_streams[place] and s.version >= p_versions[place];
        if found then
            seen := seen + 1;
        else
            is_parked := is_parked or exists (
                select from public.parked p
                where p.consumer = live and p.stream = p_streams[place]::text and p.state in ('parked', 'retry')
                  and p.stream_version <= p_versions[place]);
        end if;
    end loop;
end
$$;

revoke execute on function has_seen from public;
grant execute on function has_seen to :"serving";
