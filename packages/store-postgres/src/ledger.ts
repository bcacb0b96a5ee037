import {
  type Charge,
  type LedgerStore,
  type SettleReply,
  type StepLine,
  type WindowAt,
  type WindowState,
  correctionLine,
} from "@assistants-budget/core/store";
import { acts } from "./acts.ts";
import type { Call } from "./client.ts";
import type { EndedBefore } from "./commit/batch.ts";
import type { Host } from "./host.ts";
import { notices } from "./notices.ts";
import {
  type HoldReply,
  type LineReply,
  type StateReply,
  holdOf,
  lineOf,
  stateOf,
  statesById,
  statesOf,
  stepOf,
} from "./replies.ts";

const NOW: Call<number> = { name: "time_v1", types: ["bigint"] };
const CORRECT: Call<
  | readonly [line: number, at: number, counters: number[], states: StateReply[], noticed: boolean]
  | null
> = { name: "correct_v1", types: ["bigint", "text", "bigint", "bigint", "text"] };
const CHARGE_LINE: Call<LineReply | null> = { name: "charge_line_v1", types: ["text"] };
const ATTACH: Call<boolean> = { name: "attach_v1", types: ["text", "text"] };
const RENEW: Call<string[]> = { name: "renew_v1", types: ["bigint", "json", "bigint"] };
const HOLDS: Call<HoldReply[]> = { name: "holds_v1", types: ["bigint", "boolean", "bigint"] };
const LEASE: Call<boolean> = { name: "lease_v1", types: ["bigint", "text", "text", "bigint"] };
/** When a family's last window ended or will end, and when its next one begins. */
type Around = readonly [family: string, before: number | null, after: number | null];

const WINDOWS: Call<readonly [now: number, states: StateReply[], around: Around[]]> = {
  name: "windows_v1",
  types: ["bigint", "json"],
};
const LINES: Call<LineReply[]> = { name: "lines_v1", types: ["bigint", "text", "text", "bigint"] };

/** The ledger's part of the store. */
export function ledger({ ask, commit, clock }: Host): LedgerStore {
  /** How a hold ended before, and what better knowledge makes of it. */
  async function endedBefore(
    hold: string,
    { state }: EndedBefore,
    charge?: Charge,
  ): Promise<SettleReply> {
    if (state === "released") return { kind: "already" };
    const first = await ask(CHARGE_LINE, hold);
    if (first === null) return { kind: "already" };
    const line = stepOf(first);
    const better = state === "assumed" && charge && charge.known !== "assumed";
    return (better && (await correct(line, charge))) || { kind: "already", line };
  }

  /** Nothing where somebody else has corrected it meanwhile. */
  async function correct(first: StepLine, charge: Charge): Promise<SettleReply | undefined> {
    const { charge: change } = correctionLine(first, charge, first.at);
    const { nano, tokens } = change;
    const told = JSON.stringify(change);
    const reply = await ask(CORRECT, clock(), first.hold, nano, tokens, told);
    if (reply === null) return undefined;
    const [id, at, counters, states, noticed] = reply;
    return {
      kind: "settled",
      line: { id: String(id), ...correctionLine(first, charge, at) },
      windows: statesOf(counters, statesById(states)),
      ...(noticed ? { noticed } : {}),
    };
  }

  async function end(hold: string, charge?: Charge): Promise<SettleReply> {
    const reply = await commit.end(hold, charge);
    return reply.kind === "ended" ? endedBefore(hold, reply, charge) : reply;
  }

  return {
    now: async () => clock() ?? ask(NOW, null),
    reserve: (request) => commit.reserve(request),
    settle: end,
    release: (hold) => end(hold),
    attach: async (hold, responseId) => void (await ask(ATTACH, hold, responseId)),
    renew: async (holds, ttlMs) => {
      const renewed = await ask(RENEW, clock(), JSON.stringify(holds), ttlMs);
      const open = new Set(renewed);
      return holds.filter((hold) => open.has(hold));
    },
    holds: async ({ expired, limit }) => (await ask(HOLDS, clock(), expired, limit)).map(holdOf),
    lease: ({ name, owner, ttlMs }) => ask(LEASE, clock(), name, owner, ttlMs),
    windows: async (windows) => {
      const families = JSON.stringify([...new Set(windows.map(({ family }) => family))]);
      const reply = await ask(WINDOWS, clock(), families);
      const [now, states, around] = reply;
      const current = new Map(states.map((state) => [state[1], stateOf(state)]));
      const near = new Map(around.map((one) => [one[0], one]));
      return windows.map((at) => current.get(at.family) ?? fresh(at, near.get(at.family), now));
    },
    lines: async ({ after, user, run, limit = 1000 }) =>
      (await ask(LINES, after ?? 0, user, run, limit)).map(lineOf),
    ...acts({ ask, clock }),
    ...notices({ ask, clock }),
  };
}

function fresh(asked: WindowAt, around: Around | undefined, now: number): WindowState {
  const none = { ...asked, spent: 0, held: 0, credit: 0 };
  if (now < asked.start || now >= asked.end) return none;
  // Another zone's or another time's windows are never overlapped: the new one lies between them.
  const [, before, after] = around ?? [];
  const start = Math.max(asked.start, before ?? asked.start);
  return { ...none, start, end: Math.min(asked.end, after ?? asked.end) };
}
