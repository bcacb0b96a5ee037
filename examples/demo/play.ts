/** What every scene of the demo has at hand. */
import type { ExpressBudget } from "@assistants-budget/express";
import type { Provider } from "./provider.ts";
import type { Shopper } from "./shopper.ts";

export interface Play {
  readonly alice: Shopper;
  readonly bob: Shopper;
  /** To read the ledger with; whatever costs money goes over HTTP. */
  readonly budget: ExpressBudget;
  readonly provider: Provider;
}
