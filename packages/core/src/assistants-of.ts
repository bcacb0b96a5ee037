/** What one user may do: run assistants, look at runs, threads and balances. */
import type { OpenAI } from "openai";
import {
  type CallOptions,
  type Run,
  type RunEvent,
  type RunSummary,
  type RunTerms,
  type TextPart,
  type ToolOutput,
  cancelRun,
  execute,
  resume,
  runNotFound,
  smallestDemand,
  summaryOf,
  threadNotFound,
} from "./assistants/index.ts";
import type { ClientHost, Who } from "./client/index.ts";
import { BudgetError } from "./errors.ts";
import { eventStream } from "./event-stream.ts";
import {
  type Balance,
  type Item,
  type LimitsSource,
  type RunRecord,
  askStore,
} from "./ledger/index.ts";
import type { Config, PolicyOptions } from "./options.ts";
import { checkCall, readPolicy } from "./read-options.ts";
import { type Policy, narrow } from "./rules/index.ts";
import { requireSubjects } from "./subject.ts";

/** A call of `run()` or `stream()`. */
export interface RunOptions extends CallOptions {
  /** One of the app's assistants; may be left out where there is only one. */
  readonly assistant?: string;
  /** A thread of this user's; left out for a new one. */
  readonly thread?: string | undefined;
  /** What the user says: text, or text parts. */
  readonly input: string | readonly TextPart[];
  /** In place of the assistant's own. */
  readonly instructions?: string;
  /** After the assistant's own. */
  readonly additionalInstructions?: string;
  readonly temperature?: number;
  /** At most 16 pairs; kept with the run. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Lower limits for this run. */
  readonly limits?: PolicyOptions["limits"];
  /** Stops the run after its present step. Without it a run whose client has left is finished and kept. */
  readonly signal?: AbortSignal;
}

/** A call of `resume()`. */
export interface ResumeOptions {
  /** Of a run that ended with `requires_action`: an output for each of `stop.calls`. */
  readonly toolOutputs?: readonly ToolOutput[];
  /** Lower limits for what is to come; those of the first call are not kept. */
  readonly limits?: PolicyOptions["limits"];
  /** Stops the run after its present step. */
  readonly signal?: AbortSignal;
}

/** `for await` gives the run's events; the last one carries the run. Leaving the loop does not stop the run. */
export interface RunStream extends AsyncIterable<RunEvent> {
  /** The run, when it is over. */
  readonly result: Promise<Run>;
}

/** Assistants under one user's budget. */
export interface Assistants {
  /**
   * Runs an assistant to its answer, inside every limit that applies.
   *
   * Where work was done and then something stopped it, it resolves with `status: 'incomplete'`.
   *
   * @throws BudgetError where nothing was done: a refusal (402), bad input, a provider that can't be reached.
   */
  run(options: RunOptions): Promise<Run>;
  /** The same run as events. A refusal is thrown by the first turn of the loop, and by `result`. */
  stream(options: RunOptions): RunStream;
  /**
   * Goes on with a run that ended `incomplete`, or whose process has died: in whatever process, once,
   * under the limits and caps of now. What was paid for is not paid again.
   *
   * @throws BudgetError `run_not_found`; `idempotency_conflict` where it can't go on; `thread_busy` while
   *   somebody is at it; `invalid_input` for outputs that are not those of its open calls; and what `run()` throws.
   */
  resume(id: string, options?: ResumeOptions): Promise<Run>;
  /** The same as events. */
  resumeStream(id: string, options?: ResumeOptions): RunStream;
  /** How this user's windows stand. */
  balances(): Promise<readonly Balance[]>;
  /** The refusal that the smallest useful step would get now; holds nothing. @throws BudgetError that refusal. */
  check(): Promise<void>;
  readonly runs: {
    /** A run of this user's, with its steps and their cost. @throws BudgetError `run_not_found` */
    get(id: string): Promise<RunSummary>;
    /** A thread's runs, newest first. @throws BudgetError `thread_not_found` */
    list(thread: string): Promise<readonly RunSummary[]>;
    /**
     * Stops a run for good, also one of another process. The step under way is finished and charged.
     *
     * @throws BudgetError `run_not_found`; `idempotency_conflict` for one that has ended
     */
    cancel(id: string): Promise<void>;
  };
  /**
   * The app's own OpenAI client, seen through the budget: each call is held and settled, refused
   * where the budget is spent, and refused by name where its price can't be bounded.
   */
  readonly client: OpenAI;
  readonly threads: {
    /** A thread's items, from the first on. @throws BudgetError `thread_not_found` */
    items(thread: string): Promise<readonly Item[]>;
    /** Deletes a thread and its runs; what it cost stays in the ledger. @throws BudgetError `thread_not_found` */
    delete(thread: string): Promise<void>;
  };
}

const LISTED_RUNS = 100;
const LONGEST_ID = 128;

/** What the assistants of all users share. */
export interface AssistantsHost extends ClientHost {
  readonly config: Config;
  /** An OpenAI client under somebody's budget, who is asked for at each call. */
  readonly clientFor: (who: () => Promise<Who>, refused?: (error: BudgetError) => void) => OpenAI;
}

export function assistantsOf(host: AssistantsHost, who: Who): Assistants {
  const { config, store, ledger } = host;
  const user = who.subjects["user"] ?? "";
  const route = who.policy.name;
  const subjects = { ...who.subjects, ...(route === undefined ? {} : { route }) };
  let client: OpenAI | undefined;

  async function run(options: RunOptions, onEvent: (event: RunEvent) => void): Promise<Run> {
    host.ready();
    checkCall(options);
    const { assistant, thread, input, metadata, limits, signal, ...call } = options;
    const terms = await termsOf({ assistant, limits, signal, onEvent });
    return execute(host, {
      ...terms,
      input,
      call,
      metadata,
      thread: thread === undefined || thread === null ? undefined : threadId(thread),
    });
  }

  async function goOn(
    id: string,
    options: ResumeOptions,
    onEvent: (event: RunEvent) => void,
  ): Promise<Run> {
    host.ready();
    const { toolOutputs, limits, signal } = options;
    const record = await runOf(id);
    const terms = await termsOf({ assistant: record.assistant, limits, signal, onEvent });
    return resume(host, { ...terms, record, toolOutputs });
  }

  async function termsOf(call: {
    readonly assistant: string | undefined;
    readonly limits: PolicyOptions["limits"];
    readonly signal: AbortSignal | undefined;
    readonly onEvent: (event: RunEvent) => void;
  }): Promise<RunTerms> {
    const { limits, signal, onEvent } = call;
    const [name, assistant] = definitionOf(config, call.assistant);
    const own = limits && readPolicy({ limits }, config);
    requireSubjects(who.subject, await who.limits());
    return {
      user,
      subjects,
      name,
      assistant,
      signal,
      onEvent,
      policy: own ? narrow(who.policy, own) : who.policy,
      limits: own ? innerLimits(who.limits, own) : who.limits,
    };
  }

  async function runOf(id: string): Promise<RunRecord> {
    const found = isId(id) ? await askStore(() => store.run({ id, user })) : undefined;
    if (found) return found;
    throw runNotFound();
  }

  return {
    run: (options) => host.underWay(run(options, () => undefined)),
    stream: (options) => eventStream((onEvent) => host.underWay(run(options, onEvent))),
    resume: (id, options = {}) => host.underWay(goOn(id, options, () => undefined)),
    resumeStream: (id, options = {}) =>
      eventStream((onEvent) => host.underWay(goOn(id, options, onEvent))),
    balances: async () =>
      ledger.balances({ limits: await who.limits(), subjects, timeZone: host.timeZone }),
    check: async () => {
      host.ready();
      const { policy } = who;
      const limits = await who.limits();
      requireSubjects(who.subject, limits);
      const refused = await ledger.refusalOf(
        await smallestDemand(host, {
          user,
          subjects,
          policy,
          limits,
          assistants: config.assistants,
        }),
      );
      if (refused) throw refused;
    },
    runs: {
      get: async (id) => summaryOf(await runOf(id)),
      list: async (thread) => {
        const request = { thread: threadId(thread), user, limit: LISTED_RUNS };
        const found = await askStore(() => store.runs(request));
        if (found) return found.map(summaryOf);
        throw threadNotFound();
      },
      cancel: async (id) => {
        if (!isId(id)) throw runNotFound();
        await cancelRun(host, { id, user });
      },
    },
    get client() {
      return (client ??= host.clientFor(() => Promise.resolve(who)));
    },
    threads: {
      items: async (thread) => {
        const found = await askStore(() => store.items({ thread: threadId(thread), user }));
        if (found) return found.map(({ item }) => item);
        throw threadNotFound();
      },
      delete: async (thread) => {
        const request = { thread: threadId(thread), user };
        if (!(await askStore(() => store.deleteThread(request)))) throw threadNotFound();
      },
    },
  };
}

/** A call's own limits within those outside. */
function innerLimits(outer: LimitsSource, own: Policy): LimitsSource {
  return async () => {
    const layers = await outer();
    return { ...layers, inner: [...layers.inner, own] };
  };
}

function definitionOf({ assistants }: Config, asked: string | undefined) {
  const names = [...assistants.keys()];
  const name = asked ?? (names.length === 1 ? names[0] : undefined);
  const definition = name === undefined ? undefined : assistants.get(name);
  if (name !== undefined && definition) return [name, definition] as const;
  const found =
    asked === undefined ? "no `assistant`" : `the assistant ${JSON.stringify(asked.slice(0, 64))}`;
  throw new BudgetError("assistant_unknown", {
    message: `run() was called with ${found}; the app's options define ${names.join(", ")}.`,
  });
}

/** Thread ids come from clients: whatever is no id can't be a thread either. */
function threadId(thread: unknown): string {
  if (isId(thread)) return thread;
  throw threadNotFound();
}

function isId(id: unknown): id is string {
  return typeof id === "string" && id !== "" && id.length <= LONGEST_ID;
}
