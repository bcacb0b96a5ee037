import { ApiError } from "../errors.ts";
import type { Fault } from "../faults/faults.ts";
import type { Json } from "../json.ts";
import type { Generation } from "../responses/generation.ts";
import type { StreamEvent } from "../responses/stream-events.ts";

/** A request on its way to a handler. */
export interface RouteCall {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Json | undefined;
  /** The faults that hit it. */
  readonly faults: readonly Fault[];
}

/** An answer that is ready to be written. */
export interface JsonReply {
  readonly kind: "json";
  readonly body: object;
}

/** An answer that comes as a model writes it. */
export interface GenerationReply {
  readonly kind: "generation";
  readonly generation: Generation;
  readonly stream: boolean;
  /** The sequence number after which the stream begins; -1 for all of it. */
  readonly after: number;
  /** Default: as the response that it is, and as its events. */
  readonly form?: GenerationForm;
}

/** A generation in the words of another API. */
export interface GenerationForm {
  readonly whole: () => object;
  /** What an event is there; empty for nothing. */
  readonly text: (event: StreamEvent, lacksUsage: boolean) => string;
}

export type Reply = JsonReply | GenerationReply;

type Handler = (call: RouteCall) => Reply;

/** The method and the path, with ids in braces: `GET /v1/responses/{id}`. */
export type RouteTable = Readonly<Record<string, Handler>>;

export interface Route {
  readonly name: string;
  readonly handler: Handler;
  readonly params: Readonly<Record<string, string>>;
}

export function json(body: object): JsonReply {
  return { kind: "json", body };
}

/** Gives a function that finds the route of a request; it throws OpenAI's 404 where there is none. */
export function createRouter(table: RouteTable): (method: string, path: string) => Route {
  const routes = Object.entries(table).map(([name, handler]) => {
    const pattern = name.replaceAll(/\{(\w+)\}/g, "(?<$1>[^/]+)");
    return { name, handler, pattern: new RegExp(`^${pattern}$`) };
  });
  return (method, path) => {
    for (const { name, handler, pattern } of routes) {
      const match = pattern.exec(`${method} ${path}`);
      if (match !== null) return { name, handler, params: { ...match.groups } };
    }
    throw new ApiError({ status: 404, message: `Invalid URL (${method} ${path})` });
  };
}
