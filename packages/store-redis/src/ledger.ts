import type { Charge, LedgerStore, OpenHold, SettleReply } from "@assistants-budget/core/store";
import { acts } from "./acts.ts";
import { batches } from "./batches.ts";
import { type KeptHold, ownHolds } from "./kept-hold.ts";
import { nameOf, part } from "./keys.ts";
import { linesOf } from "./lines.ts";
import { ATTACH, LEASE, NOW, OPEN_HOLDS, RENEW, STATES } from "./lua/holds.ts";
import { notices } from "./notices.ts";
import { check, ending, reserving } from "./operation.ts";
import type { ReadOptions } from "./options.ts";
import { ended, reserved } from "./outcomes.ts";
import { int, json, list, text } from "./replies.ts";
import { type Scripts, asItWas } from "./script.ts";
import { statesOf } from "./window-states.ts";

/** The ledger's part of the store. */
export function ledger(scripts: Scripts, options: ReadOptions): LedgerStore {
  const carryOut = batches(scripts, options);
  const own = ownHolds();

  async function finish(hold: string, charge?: Charge): Promise<SettleReply> {
    const known = own.take(hold);
    return ended(await carryOut(ending(hold, charge, known !== undefined)), charge, known);
  }

  return {
    now: async () => int((await scripts.run({ script: NOW, keys: [], args: [] }))[1]),
    reserve: async (request) => {
      check(request);
      const outcome = await carryOut(reserving(request));
      if (outcome.reply[0] === "held") own.add(request);
      return reserved(outcome, request);
    },
    settle: finish,
    release: (hold) => finish(hold),
    attach: async (hold, responseId) => {
      const args = [part(hold), responseId];
      await scripts.run({ script: ATTACH, keys: [], args, again: asItWas("ok") });
    },
    renew: async (holds, ttlMs) => {
      const args = [String(ttlMs), ...holds.map(part)];
      const reply = await scripts.run({ script: RENEW, keys: [], args });
      const open = new Set(list(reply[3]).map(int));
      return holds.filter((_, i) => open.has(i));
    },
    holds: async ({ expired, limit }) => {
      const args = [expired ? "1" : "0", String(limit)];
      return (await scripts.run({ script: OPEN_HOLDS, keys: [], args })).slice(3).map(openHold);
    },
    lease: async ({ name, owner, ttlMs }) => {
      const args = [part(name), owner, String(ttlMs)];
      return (await scripts.run({ script: LEASE, keys: [], args }))[3] === 1;
    },
    windows: async (windows) => {
      const asked = windows.flatMap(({ family, start, end, zone }) => [
        part(family),
        start,
        end,
        part(zone),
      ]);
      const args = [JSON.stringify(asked)];
      const [, , , states, more] = await scripts.run({ script: STATES, keys: [], args });
      return statesOf(windows, states, more);
    },
    lines: (query) => linesOf(scripts, query),
    ...acts(scripts, options),
    ...notices(scripts),
  };
}

function openHold(value: unknown): OpenHold {
  const [user, kept, outputTokens, ceiling, createdAt, responseId, expiresAt] = list(value);
  const { id, owner, facts } = json<KeptHold>(kept);
  return {
    id,
    owner,
    facts: { ...facts, user: nameOf(text(user)) },
    ceiling: int(ceiling),
    tokens: facts.promptTokens + int(outputTokens),
    outputTokens: int(outputTokens),
    createdAt: int(createdAt),
    expiresAt: int(expiresAt),
    ...(text(responseId) === "" ? {} : { responseId: text(responseId) }),
  };
}
