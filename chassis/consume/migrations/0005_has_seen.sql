-- Whether what somebody wrote can be read yet, asked again and again while it cannot: a function, because its plan is
-- kept, and planning the question costs seven times as much as answering it.

-- Whether the live version of the consumer has dealt with this change; if not, whether a message of its stream up to it
-- waits for a person.
create function has_seen(p_consumer text, p_stream uuid, p_version int, out seen boolean, out is_parked boolean)
    language plpgsql stable as $$
declare
    live text := coalesce(
        (select c.consumer || '@' || c.live_version from public.consumer_version c where c.consumer = p_consumer),
        p_consumer);
begin
    seen := exists (
        select from public.seen s where s.consumer = live and s.stream_id = p_stream and s.version >= p_version);
    is_parked := not seen and exists (
        select from public.parked p
        where p.consumer = live and p.stream = p_stream::text and p.state in ('parked', 'retry')
          and p.stream_version <= p_version);
end
$$;

revoke execute on function has_seen from public;
grant execute on function has_seen to :"serving";
