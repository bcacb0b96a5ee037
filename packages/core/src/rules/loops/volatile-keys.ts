import { type WordTable, wordTable } from "./word-hash.ts";

const KEYS = `timestamp ts time_stamp time now datetime date_time server_time nonce salt etag
  attempt attempts attempt_number retry retries retry_count retrycount try tries retry_after
  retryafter seq sequence request_id requestid req_id trace_id traceid span_id correlation_id
  correlationid idempotency_key idempotencykey call_id callid session_id sessionid run_id runid
  took took_ms duration duration_ms elapsed elapsed_ms latency latency_ms uptime
  generated_at generatedat created_at createdat updated_at updatedat fetched_at fetchedat
  requested_at requestedat expires_at expiresat`;

/** By hash, in lower case: keys whose value is another one each time without meaning another thing. */
export const VOLATILE_KEYS: WordTable = wordTable({ key: KEYS }, { key: 1 });
