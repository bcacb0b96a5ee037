import type { Json } from "../json.ts";

/** A request as the simulator saw it. */
export interface RecordedRequest {
  readonly method: string;
  /** The path without the query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** All headers but `authorization`. */
  readonly headers: Readonly<Record<string, string>>;
  /** The parsed body; `undefined` without one, or if it could not be read. */
  readonly body: Json | undefined;
  /** In milliseconds since 1970. */
  readonly startedAt: number;
  /** When the connection was done with it, in milliseconds since 1970; `undefined` until then. */
  readonly finishedAt: number | undefined;
  /** The status that was sent; `undefined` if none was. */
  readonly status: number | undefined;
  /** Whether the client left before its answer was written. A socket that a fault destroyed does not count. */
  readonly aborted: boolean;
}

/** The same while it is being filled in. */
export type OpenRecord = { -readonly [Key in keyof RecordedRequest]: RecordedRequest[Key] };
