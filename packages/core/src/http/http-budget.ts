/** What every adapter needs: who sent a request, which policies are on it, what to answer. */
import type { Assistants, RunOptions } from "../assistants-of.ts";
import { type AppBudget, type Budget, type Host, createBudget } from "../budget.ts";
import { BudgetError, isBudgetError } from "../errors.ts";
import { eventStream } from "../event-stream.ts";
import { OWN_SCOPES, balanceJson } from "../ledger/index.ts";
import type { BudgetOptions } from "../options.ts";
import type { Policy } from "../rules/index.ts";
import type { Subject } from "../subject.ts";
import { type Identity, subjectFrom, subjectIn } from "./identity.ts";
import { type Answer, answerTo } from "./refusal.ts";

/** The options of every adapter; `Request` is the framework's own. */
export interface HttpOptions<Request> extends BudgetOptions {
  /**
   * Who sent the request. Default: the place where the framework's sign-in puts its user.
   * Never trust anything that the client can set.
   */
  readonly identify?: (
    request: Request,
  ) => Identity | null | undefined | Promise<Identity | null | undefined>;
}

/** How an adapter's framework shows a request. */
export interface HttpHost<Request extends object> extends Host {
  /** Places where a signed-in user may be, in order. */
  readonly slots: (request: Request) => readonly unknown[];
}

export interface HttpBudget<Request extends object> {
  readonly budget: Budget;
  /** What the app does with it outside of requests: for every adapter to hand on as it is. */
  readonly app: AppBudget;
  /** The signed-in user's assistants. Free until used: the user is looked up at each call. */
  assistants(request: Request): Assistants;
  /** Puts a policy upon a request; the innermost is put on last. */
  narrow(request: Request, policy: Policy): void;
  /** The answer to one of our errors; also tells the developer what is theirs to mend. Nothing for other errors. */
  answer(error: unknown, accept: string | undefined): Answer | undefined;
  /** The user's own balances, as they go over the wire. */
  balances(request: Request): Promise<{ readonly balances: readonly Record<string, unknown>[] }>;
  /** To be told once a response has gone out: warns, once, where a refusal became something else. */
  answered(request: Request, status: number): void;
}

/** @throws BudgetError `invalid_options` */
export function createHttpBudget<Request extends object>(
  options: HttpOptions<Request>,
  host: HttpHost<Request>,
): HttpBudget<Request> {
  const { identify, ...rest } = options;
  const budget = createBudget(rest, host);
  const policies = new WeakMap<Request, readonly Policy[]>();
  const refusals = new WeakMap<Request, BudgetError>();
  let warned = false;
  if (options.assistants === undefined && options.limits === undefined) announce(budget);

  async function subjectOf(request: Request): Promise<Subject> {
    const subject = identify
      ? subjectFrom(await identify(request))
      : subjectIn(host.slots(request));
    if (subject) return subject;
    throw new BudgetError("identity_required", {
      message:
        "No user was found on the request. Mount the sign-in before the route, or give `identify` a function that returns the user's id.",
      detail: "Sign in to use this.",
    });
  }

  /** Runs something as the request's user, and remembers a refusal. */
  async function as<T>(request: Request, act: (assistants: Assistants) => Promise<T>): Promise<T> {
    try {
      const subject = await subjectOf(request);
      return await act(budget.under(subject, policies.get(request) ?? []));
    } catch (error) {
      if (isBudgetError(error)) refusals.set(request, error);
      throw error;
    }
  }

  function assistants(request: Request): Assistants {
    const run = (call: RunOptions) => as(request, (own) => own.run(call));
    return {
      run,
      stream: (call) =>
        eventStream((onEvent) =>
          as(request, async (own) => {
            const stream = own.stream(call);
            for await (const event of stream) if (event.type !== "run") onEvent(event);
            return stream.result;
          }),
        ),
      balances: () => as(request, (own) => own.balances()),
      check: () => as(request, (own) => own.check()),
      runs: {
        get: (id) => as(request, (own) => own.runs.get(id)),
        list: (thread) => as(request, (own) => own.runs.list(thread)),
      },
      threads: {
        items: (thread) => as(request, (own) => own.threads.items(thread)),
        delete: (thread) => as(request, (own) => own.threads.delete(thread)),
      },
    };
  }

  const { for: of, ready, operator, on, recover, lines, close } = budget;
  return {
    budget,
    app: { for: of, ready, operator, on, recover, lines, close },
    assistants,
    narrow: (request, policy) =>
      void policies.set(request, [...(policies.get(request) ?? []), policy]),
    answer: (error, accept) => {
      if (!isBudgetError(error)) return undefined;
      if (error.status >= 500)
        budget.log.error(`assistants-budget: ${error.code}: ${error.message}`);
      return answerTo(error, accept);
    },
    balances: async (request) => {
      const all = await assistants(request).balances();
      return { balances: all.filter(({ scope }) => OWN_SCOPES.has(scope)).map(balanceJson) };
    },
    answered: (request, status) => {
      const refused = refusals.get(request);
      if (warned || !refused || refused.status >= 500 || status < 500) return;
      warned = true;
      budget.log.warn(
        `assistants-budget: ERR_AB_REFUSAL_REPLACED: a refusal (${refused.code}, ${refused.status}) went out as ${status}. ` +
          "An error handler of the app answered it: let it pass errors with `isBudgetError(error)` on, or put `budget.errors()` before it.",
      );
    },
  };
}

/** The one line of an app that chose nothing: what holds now, and where it is kept. */
function announce({ log, storeName }: Budget): void {
  log.info(
    `assistants-budget: neither \`limits\` nor \`assistants\` given, so: $0.25 a run, $2 a thread, $1 a day for each user; one assistant on gpt-6-luna; kept in ${storeName}.`,
  );
}
