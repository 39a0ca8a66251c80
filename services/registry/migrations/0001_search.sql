-- Search without accents and by parts of words; "đ" becomes "d". The functions of the extensions are in `public`.
create extension if not exists unaccent with schema public;
create extension if not exists pg_trgm with schema public;

-- unaccent() is only stable, because its dictionary can be exchanged; naming the dictionary makes the promise ours.
create function public.plain(words text) returns text
    language sql immutable strict parallel safe
    return lower(public.unaccent('public.unaccent', normalize(words, nfc)));
grant execute on function public.plain(text) to :"serving";
