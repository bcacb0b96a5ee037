/** Settings of the server that functions run by. */

/** Plans that hold at any size of a table, for a function's whole life. */
export const PLANS =
  "SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan";

/** An answer is a promise: it is never given for a commit that may still be lost. */
export const SYNCED: string = `
  IF current_setting('synchronous_commit') = 'off' THEN
    PERFORM set_config('synchronous_commit', 'on', true);
  END IF;`;
