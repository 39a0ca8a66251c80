-- What a command begins with and the stream it is about, in one round trip. The first row has the instant, and what was
-- stored for this command before; the rows after it, none if something was stored, are the stream's events, in order.
create function begin_and_load(p_principal text, p_command_id uuid, p_stream_id uuid, p_category text)
    returns table (at timestamptz, request_digest bytea, response text,
                   version int, type text, schema_version smallint, data text)
    language plpgsql rows 20 as $$
begin
    at := clock_timestamp();
    select c.request_digest, c.response::text into request_digest, response from public.command c
        where c.principal = p_principal and c.command_id = p_command_id;
    return next;
    if request_digest is null then
        return query select null::timestamptz, null::bytea, null::text, l.*
            from public.load_stream(p_stream_id, p_category) l;
    end if;
end
$$;

revoke execute on function begin_and_load from public;
grant execute on function begin_and_load to :"serving";
