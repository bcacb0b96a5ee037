/** What has been said of subjects, and by which names they go. `$` stands for the schema. */

export const SETTINGS: string = `
  -- The user that a name stands for, and all names of a user.
  CREATE FUNCTION $.user_v1(name text) RETURNS text LANGUAGE sql STABLE AS $f$
    SELECT coalesce((SELECT alias FROM $.settings WHERE key = 'user' || chr(10) || name), name)
  $f$;

  CREATE FUNCTION $.names_v1(the_user text) RETURNS text[] LANGUAGE sql STABLE AS $f$
    SELECT ARRAY(SELECT the_user UNION ALL SELECT subject FROM $.settings WHERE alias = the_user)
  $f$;

  CREATE FUNCTION $.told_v1(s $.settings) RETURNS json LANGUAGE sql STABLE AS $f$
    SELECT json_build_array(s.version, s.limits, s.frozen, s.alias)
  $f$;

  CREATE FUNCTION $.settings_v1(keys json) RETURNS text LANGUAGE sql STABLE AS $f$
    SELECT coalesce(json_agg(CASE WHEN s.key IS NOT NULL THEN $.told_v1(s) END ORDER BY k.n), '[]')::text
    FROM json_array_elements_text(keys) WITH ORDINALITY AS k(key, n) LEFT JOIN $.settings s ON s.key = k.key
  $f$;
`;
