import type { Step } from "./load.ts";

export interface Invoice {
  readonly begin: (step: Step) => void;
  readonly end: (step: Step) => void;
  /** What a counter in one place could still grant. */
  readonly room: () => number;
  readonly spent: () => number;
  /** The farthest that spent and held together ever stood above the limit. */
  readonly overshoot: () => number;
}

/** What the steps really cost, by themselves: main and nodes keep their own books and never ask. */
export function openInvoice(limit: number): Invoice {
  let spent = 0;
  let held = 0;
  let most = 0;
  return {
    begin({ ceiling }) {
      held += ceiling;
      most = Math.max(most, spent + held);
    },
    end({ ceiling, cost }) {
      held -= ceiling;
      spent += cost;
    },
    room: () => limit - spent - held,
    spent: () => spent,
    overshoot: () => Math.max(0, most - limit),
  };
}
