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
    return (call) => this.#own.run(call);
  }
  get stream(): Assistants["stream"] {
    return (call) => this.#own.stream(call);
  }
  get resume(): Assistants["resume"] {
    return (id, options) => this.#own.resume(id, options);
  }
  get resumeStream(): Assistants["resumeStream"] {
    return (id, options) => this.#own.resumeStream(id, options);
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
