/** What time it is. `$` stands for the schema. */

export const CLOCK: string = `
  -- The time: the caller's where a test gives one, else the server's.
  CREATE FUNCTION $.now_v1(given bigint) RETURNS bigint LANGUAGE sql VOLATILE AS $f$
    SELECT coalesce(given, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint)
  $f$;

  CREATE FUNCTION $.time_v1(given bigint) RETURNS text LANGUAGE sql VOLATILE AS $f$
    SELECT $.now_v1(given)::text
  $f$;
`;
