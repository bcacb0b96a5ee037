/** What every adapter needs: who sent a request, which policies are on it, what to answer. */
import type { Assistants, RunOptions, RunStream } from "../assistants-of.ts";
import type { Run } from "../assistants/index.ts";
import {
  type AppBudget,
  type Budget,
  type Host,
  type ReadyPolicy,
  createBudget,
} from "../budget.ts";
import { type BudgetError, isBudgetError } from "../errors.ts";
import { eventStream } from "../event-stream.ts";
import { invalidOptions } from "../invalid-options.ts";
import { type Balance, OWN_SCOPES, balanceJson } from "../ledger/index.ts";
import type { PolicyOptions } from "../options.ts";
import { budgetHeaders, fullest } from "./budget-headers.ts";
import { EVENT_STREAM_HEADERS, eventFrames, problemFrame } from "./event-frames.ts";
import { type HttpOptions, budgetOptions } from "./http-options.ts";
import { type Answer, type LastEvent, type ResponseSoFar, answerTo } from "./refusal.ts";
import { subjectFinder } from "./subject-finder.ts";
import { warnOnce } from "./warn-once.ts";

/** How an adapter's framework shows a request. */
export interface HttpHost<Request extends object> extends Host {
  /** Places where a signed-in user may be, in order. */
  readonly slots: (request: Request) => readonly unknown[];
  /** Puts headers on the response, if it has not gone out. */
  readonly setHeaders: (request: Request, headers: Readonly<Record<string, string>>) => void;
  /** Told of a refusal before the app sees it: gives it what the framework looks for in an error. */
  readonly refused?: (request: Request, error: BudgetError) => void;
  /** Told of what is under way for a request, which never rejects: where all ends with the response. */
  readonly lasting?: (request: Request, work: Promise<unknown>) => void;
}

export interface HttpBudget<Request extends object> {
  /** What the app does with it outside of requests: for every adapter to hand on as it is. */
  readonly app: AppBudget;
  /** The signed-in user's assistants. Free until used: the user is looked up at each call. */
  assistants(request: Request): Assistants;
  /**
   * Reads a policy where it is stated, so that a wrong one stops the app; the same object once.
   *
   * @param at Where it stands, which the message of a wrong one says first.
   * @throws BudgetError `invalid_options`
   */
  policy(options: PolicyOptions, at?: string): ReadyPolicy;
  /**
   * Puts a policy upon a request; the innermost is put on last.
   *
   * @param isRoute Whether the framework says that it stands on a single route, so that it may override.
   * @throws BudgetError `invalid_options` for one that overrides and does not
   */
  narrow(request: Request, policy: ReadyPolicy, isRoute?: boolean): void;
  /**
   * What to write for one of our errors: an answer, or the last event of a stream that has begun. Also
   * tells the developer what is theirs to mend. Nothing for other errors, and where it is too late.
   */
  answer(error: unknown, response: ResponseSoFar & { readonly begun: false }): Answer | undefined;
  answer(error: unknown, response: ResponseSoFar & { readonly begun: true }): LastEvent | undefined;
  answer(error: unknown, response: ResponseSoFar): Answer | LastEvent | undefined;
  /**
   * Frames of server-sent events, of a run or an app's own, with `problem` at the end of those that
   * break off. Resolves with the first one. @throws BudgetError a refusal before it
   */
  events(source: RunStream | AsyncIterable<string>): Promise<AsyncIterable<string>>;
  /** Refuses now what `run()` would refuse; holds nothing. A preflight passes. @throws BudgetError */
  guard(request: Request, method: string): Promise<void>;
  /** The user's own balances, as they go over the wire. */
  balances(request: Request): Promise<{ readonly balances: readonly Record<string, unknown>[] }>;
  /** To be told once a response has gone out: warns, once, where a refusal became something else. */
  answered(request: Request, status: number): void;
  /** To be told where another budget is mounted before this one on the same request: warns, once. */
  mountedOver(): void;
}

/** @throws BudgetError `invalid_options` */
export function createHttpBudget<Request extends object>(
  options: HttpOptions<Request>,
  host: HttpHost<Request>,
): HttpBudget<Request> {
  const { headers = false, onWarning, warnAt = 0.8 } = options;
  const budget = createBudget(budgetOptions(options), host);
  const warn = warnOnce(budget.log);
  const subjectOf = subjectFinder(options, host.slots, warn);
  const readPolicies = new WeakMap<PolicyOptions, ReadyPolicy>();
  const policies = new WeakMap<Request, readonly ReadyPolicy[]>();
  const chained = policyChains();
  const refusals = new WeakMap<Request, BudgetError>();
  if (options.assistants === undefined && options.limits === undefined) announce(budget);

  function remember(request: Request, error: unknown): void {
    if (!isBudgetError(error)) return;
    refusals.set(request, error);
    host.refused?.(request, error);
  }

  /** Does something as the request's user, and remembers a refusal. */
  function as<T>(
    request: Request,
    act: (assistants: Assistants) => Promise<T>,
    at?: "before",
  ): Promise<T> {
    const done = doneAs(request, act, at);
    host.lasting?.(
      request,
      done.catch(() => undefined),
    );
    return done;
  }

  async function doneAs<T>(
    request: Request,
    act: (assistants: Assistants) => Promise<T>,
    at?: "before",
  ): Promise<T> {
    try {
      const subject = await subjectOf(request, at);
      return await act(budget.under(subject, policies.get(request) ?? NONE));
    } catch (error) {
      remember(request, error);
      throw error;
    }
  }

  /** What a response, and the app, are told of the caller's own windows. */
  function tell(request: Request, balances: readonly Balance[]): void {
    const own = balances.filter(({ scope }) => OWN_SCOPES.has(scope));
    if (headers !== false) host.setHeaders(request, budgetHeaders(own, headers));
    const nearest = fullest(own);
    if (!onWarning || !nearest || nearest.usedPercent < warnAt * 100) return;
    try {
      onWarning(nearest, request);
    } catch (error) {
      const name = error instanceof Error ? error.name : typeof error;
      warn("ERR_AB_ON_WARNING_FAILED", `\`onWarning\` threw (${name}); the run stands.`);
    }
  }

  async function told(request: Request, run: Promise<Run>): Promise<Run> {
    const done = await run;
    tell(request, done.balances);
    return done;
  }

  /** The user is looked up at each call; a refusal is remembered. */
  function clientOf(request: Request): Assistants["client"] {
    const find = async () => ({
      subject: await subjectOf(request),
      policies: policies.get(request) ?? NONE,
    });
    return budget.clientFor(find, (error) => remember(request, error));
  }

  function streamOf(request: Request, begin: (own: Assistants) => RunStream): RunStream {
    return eventStream((onEvent) =>
      as(request, async (own) => {
        const stream = begin(own);
        for await (const event of stream) if (event.type !== "run") onEvent(event);
        return told(request, stream.result);
      }),
    );
  }

  function assistants(request: Request): Assistants {
    const run = (call: RunOptions) => as(request, (own) => told(request, own.run(call)));
    let client: Assistants["client"] | undefined;
    return {
      run,
      stream: (call) => streamOf(request, (own) => own.stream(call)),
      resume: (id, call) => as(request, (own) => told(request, own.resume(id, call))),
      resumeStream: (id, call) => streamOf(request, (own) => own.resumeStream(id, call)),
      balances: () => as(request, (own) => own.balances()),
      check: () => as(request, (own) => own.check()),
      runs: {
        get: (id) => as(request, (own) => own.runs.get(id)),
        list: (thread) => as(request, (own) => own.runs.list(thread)),
        cancel: (id) => as(request, (own) => own.runs.cancel(id)),
      },
      get client() {
        return (client ??= clientOf(request));
      },
      threads: {
        items: (thread) => as(request, (own) => own.threads.items(thread)),
        delete: (thread) => as(request, (own) => own.threads.delete(thread)),
      },
    };
  }

  function answer(error: unknown, so: ResponseSoFar & { begun: false }): Answer | undefined;
  function answer(error: unknown, so: ResponseSoFar & { begun: true }): LastEvent | undefined;
  function answer(error: unknown, so: ResponseSoFar): Answer | LastEvent | undefined;
  function answer(error: unknown, { begun, type, accept }: ResponseSoFar) {
    if (!isBudgetError(error)) return undefined;
    if (begun && !/^text\/event-stream/i.test(type ?? "")) return undefined;
    if (error.status >= 500) budget.log.error(`assistants-budget: ${error.code}: ${error.message}`);
    return begun
      ? { event: problemFrame(answerTo(error).body) }
      : answerTo(error, accept ?? undefined);
  }

  const { for: of, ready, operator, on, recover, lines, close } = budget;
  return {
    app: { for: of, ready, operator, on, recover, lines, close },
    assistants,
    policy: (one, at) => {
      try {
        const read = readPolicies.get(one) ?? budget.policy(one);
        readPolicies.set(one, read);
        return read;
      } catch (error) {
        if (at !== undefined && isBudgetError(error)) error.message = `${at}: ${error.message}`;
        throw error;
      }
    },
    narrow: (request, policy, isRoute = false) => {
      if (policy.override && !isRoute) {
        const error = overridesTooMuch();
        remember(request, error);
        throw error;
      }
      policies.set(request, chained(policies.get(request) ?? NONE, policy));
    },
    answer,
    events: (source) => eventFrames(source, (error) => answer(error, STREAMS)),
    guard: async (request, method) => {
      // A browser's preflight carries no sign-in, and spends nothing.
      if (method !== "OPTIONS") await as(request, (own) => own.check(), "before");
    },
    balances: async (request) => {
      const all = await as(request, (own) => own.balances(), "before");
      tell(request, all);
      return { balances: all.filter(({ scope }) => OWN_SCOPES.has(scope)).map(balanceJson) };
    },
    answered: (request, status) => {
      const refused = refusals.get(request);
      if (refused && refused.status < 500 && status >= 500)
        warn(
          "ERR_AB_REFUSAL_REPLACED",
          `a refusal (${refused.code}, ${refused.status}) went out as ${status}. An error handler of the app answered it: let it pass on what \`isBudgetError(error)\` knows, or mount the budget where it comes first (in Express, \`budget.errors()\` before it).`,
        );
    },
    mountedOver: () =>
      warn(
        "ERR_AB_DOUBLE_MOUNT",
        "two budgets are mounted on one request; only the one that was mounted last is used, and the limits of the other don't count. Make one budget and mount it once.",
      ),
  };
}

const NONE: readonly ReadyPolicy[] = [];
const STREAMS = { begun: true, type: EVENT_STREAM_HEADERS["Content-Type"] } as const;

/** The same policies one within the other are the same list, by which the ledger knows its plans. */
function policyChains(): (
  outer: readonly ReadyPolicy[],
  inner: ReadyPolicy,
) => readonly ReadyPolicy[] {
  const known = new WeakMap<readonly ReadyPolicy[], WeakMap<ReadyPolicy, readonly ReadyPolicy[]>>();
  return (outer, inner) => {
    const within = known.get(outer) ?? new WeakMap<ReadyPolicy, readonly ReadyPolicy[]>();
    known.set(outer, within);
    const chain = within.get(inner) ?? [...outer, inner];
    within.set(inner, chain);
    return chain;
  };
}

function overridesTooMuch(): BudgetError {
  return invalidOptions(
    "override: found a policy that may raise limits where it is not on a single route; put it on the route itself, beside its handler, or let it narrow.",
  );
}

/** The one line of an app that chose nothing: what holds now, and where it is kept. */
function announce({ log, storeName }: Budget): void {
  log.info(
    `assistants-budget: neither \`limits\` nor \`assistants\` given, so: $0.25 a run, $2 a thread, $1 a day for each user; one assistant on gpt-6-luna; kept in ${storeName}.`,
  );
}
