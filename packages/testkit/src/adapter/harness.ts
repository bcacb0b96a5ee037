/** What the suite needs of an adapter: a way to serve an app that it describes. */
import type { Assistants, PolicyOptions, RunStream } from "@assistants-budget/core";
import type { HttpOptions } from "@assistants-budget/core/http";

/** A request as a handler of the suite sees it. */
export interface SeenRequest {
  /** The adapter's handle, taken only when it is called: `() => req.assistants`. */
  readonly assistants: () => Assistants;
  /** The JSON body as the framework has parsed it; undefined without one. */
  readonly body: unknown;
  /** What is in the place where the framework's sign-in puts its user. */
  readonly user: unknown;
}

/** What a route does, in the framework's own way. */
export type Handler =
  /** Answers 200 with this as JSON. What it throws is left to adapter and framework. */
  | { readonly kind: "json"; readonly answer: (request: SeenRequest) => unknown }
  /**
   * Sends each frame as it comes, as `text/event-stream`. Nothing is sent before the first one: what
   * is thrown until then is answered as anywhere else.
   */
  | { readonly kind: "events"; readonly frames: (request: SeenRequest) => AsyncIterable<string> }
  /** Sends a run with the adapter's own `events()`. */
  | { readonly kind: "run"; readonly stream: (request: SeenRequest) => RunStream }
  /** The adapter's own `balances()`. */
  | { readonly kind: "balances" };

export interface Route {
  readonly method: "get" | "post" | "options";
  readonly path: string;
  /** A router, a mount or a scope of the framework's, below this path and under this policy; the route lives in it. */
  readonly router?: { readonly path: string; readonly policy: PolicyOptions };
  /** Put upon the route with the adapter's `policy()`. */
  readonly policy?: PolicyOptions;
  /** The adapter's `guard()` with these options, before the handler. */
  readonly guard?: PolicyOptions;
  readonly handler: Handler;
}

/** An app, to be built as an author of one would. */
export interface AppDescription {
  /** For the adapter's `assistantsBudget()`. */
  readonly options: HttpOptions<unknown>;
  /** Whether the budget is mounted: `app.use(budget)`. Without it the app is the framework's alone. */
  readonly mounted: boolean;
  /** The app's sign-in, before the budget: what it gives for a request's headers goes where the framework puts its user. */
  readonly signIn: (
    headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  ) => unknown;
  readonly routes: readonly Route[];
}

/** An app that listens. */
export interface StartedApp {
  /** Without a slash at its end: `http://127.0.0.1:4010`. */
  readonly url: string;
  /** Ends the server and its connections, then closes the budget. */
  readonly close: () => Promise<void>;
}

export interface AdapterHarness {
  /** Whether the framework has a place where sign-ins put their user; where not, `identify` names them. Default true. */
  readonly places?: boolean;
  /** Builds the app, parses JSON bodies, and listens on a free port of 127.0.0.1. Called once or twice a test. */
  readonly start: (app: AppDescription) => Promise<StartedApp>;
  /** An error that the framework itself answers with 418. Default: an `Error` with `status` and `statusCode`. */
  readonly teapot?: () => Error;
}
