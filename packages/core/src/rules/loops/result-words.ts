import { type WordTable, wordTable } from "./word-hash.ts";

/** What a word in a result says of it: one bit each. */
export const SAYS = {
  /** It went wrong. */
  error: 1,
  /** It went wrong for now: worth some more tries. */
  transient: 2,
  /** Not ready yet: worth asking again. */
  pending: 4,
  /** Done, and no more to tell. */
  done: 8,
  /** There is nothing. */
  nothing: 16,
  /** A unit of time: the number before it is how long something took. */
  unit: 32,
  /** May be the second of two words that say together what neither says alone. */
  second: 64,
} as const;

/** The words that say it, alone. */
export const RESULT_WORDS: WordTable = wordTable(
  {
    error: `error errors exception traceback fatal failed failure fails invalid denied forbidden
      unauthorized unauthorised unauthenticated cannot can't couldn't unable unknown unexpected
      missing refused rejected aborted panic unrecognized unrecognised unsupported undefined illegal
      enoent eacces eperm unreachable expired conflict exceeded 401 403 404 409 422 500`,
    transient: `429 502 503 504 timeout unavailable overloaded throttled throttling
      throttlingexception ratelimited rate_limit rate_limited rate-limited rate_limit_exceeded
      toomanyrequests too_many_requests temporarily transient econnreset econnrefused etimedout
      eai_again deadlineexceeded deadline_exceeded resource_exhausted serviceunavailable
      service_unavailable internal_server_error`,
    pending: `pending queued in_progress in-progress inprogress scheduled incomplete unfinished
      running processing waiting building starting deploying executing preparing provisioning
      initializing initialising`,
    done: `ok okay done success successful successfully succeeded sent created updated deleted saved
      applied added removed noted accepted acknowledged written edited stored completed complete
      true`,
    nothing: "none null empty nothing nil undefined",
    unit: "s ms sec secs second seconds us µs ns min mins minutes",
    second: `found such exist exists limit exceeded later in out reset refused progress ready results
      matches requests`,
  },
  SAYS,
);

/** Two words that say it together. */
export const RESULT_PAIRS: WordTable = wordTable(
  {
    error: "not+found no+such not+exist not+exists quota+exceeded",
    transient: `timed+out time+out rate+limit rate+exceeded limit+exceeded again+later again+in
      retry+later retry+in connection+reset connection+refused many+requests`,
    pending: "in+progress not+ready",
    nothing: "no+results no+matches nothing+found no+such",
    done: "",
    unit: "",
    second: "",
  },
  SAYS,
);
