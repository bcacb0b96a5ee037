/** `c.var.assistants`, at next to no cost for the requests that never use it. */
import type { Assistants } from "@assistants-budget/core";
import type { HttpBudget } from "@assistants-budget/core/http";
import type { Context } from "hono";

/** A context's assistants, opened where they are first asked for: until then one small object. */
export class Handle implements Assistants {
  readonly by: HttpBudget<Context>;
  readonly #context: Context;
  #opened: Assistants | undefined;

  constructor(by: HttpBudget<Context>, context: Context) {
    this.by = by;
    this.#context = context;
  }
  get #own(): Assistants {
    return (this.#opened ??= this.by.assistants(this.#context));
  }
  get run(): Assistants["run"] {
    return (call) => lasting(this.#context, this.#own.run(call));
  }
  get stream(): Assistants["stream"] {
    return (call) => {
      const made = this.#own.stream(call);
      void lasting(this.#context, made.result);
      return made;
    };
  }
  get balances(): Assistants["balances"] {
    return () => this.#own.balances();
  }
  get check(): Assistants["check"] {
    return () => this.#own.check();
  }
  get runs(): Assistants["runs"] {
    return this.#own.runs;
  }
  get client(): Assistants["client"] {
    return this.#own.client;
  }
  get threads(): Assistants["threads"] {
    return this.#own.threads;
  }
}

/** A worker ends with its request, unless it is told what is still under way: a run whose client has left is finished and kept. */
function lasting<T>(c: Context, run: Promise<T>): Promise<T> {
  try {
    c.executionCtx.waitUntil(run.catch(() => undefined));
  } catch {
    // Hono throws where there is no such thing: processes go on by themselves.
  }
  return run;
}
