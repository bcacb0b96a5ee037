import { Readable } from "node:stream";
import type { AppBudget, Assistants, RunStream } from "@assistants-budget/core";
import { StreamableFile } from "@nestjs/common";
import type { NestRequest, Shared } from "./shared.ts";

/** The budget, to be injected: for jobs, operators, and controllers of one's own. */
export abstract class BudgetService implements AppBudget {
  abstract readonly for: AppBudget["for"];
  abstract readonly ready: AppBudget["ready"];
  abstract readonly operator: AppBudget["operator"];
  abstract readonly on: AppBudget["on"];
  abstract readonly recover: AppBudget["recover"];
  abstract readonly lines: AppBudget["lines"];
  /** Called by Nest where the app is closed. */
  abstract readonly close: AppBudget["close"];
  /** The assistants of whoever sent a request: what `@Assistants()` gives, for where that does not reach. */
  abstract readonly assistants: (request: NestRequest) => Assistants;
  /** The signed-in user's own balances, for a handler to return; never cached. */
  abstract readonly balances: (
    request: NestRequest,
  ) => Promise<{ readonly balances: readonly Record<string, unknown>[] }>;
  /**
   * A run as server-sent events, for a handler to return: `budget.events(assistants.stream({ … }))`.
   *
   * @throws BudgetError a refusal before the first event
   */
  abstract readonly events: (source: RunStream | AsyncIterable<string>) => Promise<StreamableFile>;
}

/** The service of a module. */
export function serviceOf({ http, setHeaders }: Shared): BudgetService {
  return {
    ...http.app,
    assistants: (request) => http.assistants(request),
    balances: async (request) => {
      const balances = await http.balances(request);
      setHeaders(request, { "Cache-Control": "no-store" });
      return balances;
    },
    events: async (source) => {
      const frames = await http.events(source);
      return new StreamableFile(Readable.from(frames), { type: "text/event-stream" });
    },
  };
}
