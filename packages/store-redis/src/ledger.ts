import {
  type Charge,
  type LedgerStore,
  type OpenHold,
  type ReserveReply,
  type ReserveRequest,
  type SettleReply,
  type WindowClaim,
  entryOf,
} from "@assistants-budget/core/store";
import { type Keys, part } from "./keys.ts";
import { lineOf, linesOf } from "./lines.ts";
import { ATTACH, END, HOLDS, LEASE, NOW, RENEW, WINDOWS } from "./lua/ledger.ts";
import { RESERVE } from "./lua/reserve.ts";
import type { ReadOptions } from "./options.ts";
import {
  type Reply,
  factsText,
  int,
  json,
  list,
  ownStatesOf,
  statesOf,
  text,
  windowText,
} from "./replies.ts";
import { type Call, type Scripts, asItWas } from "./script.ts";

/** What of an open hold never changes. */
type Kept = Pick<OpenHold, "id" | "owner" | "facts">;

/** The ledger's part of the store. */
export function ledger(scripts: Scripts, keys: Keys, { keepMs }: ReadOptions): LedgerStore {
  async function reserve(request: ReserveRequest): Promise<ReserveReply> {
    const { hold, owner, ttlMs, output, claims, ceiling, facts } = request;
    check(request);
    const kept: Kept = { id: hold, owner, facts };
    const numbers = [ttlMs, output.min, output.max, ceiling.fixed, ceiling.perOutput];
    const reply = await scripts.run({
      script: RESERVE,
      keys: [keys.holds, keys.of("h", hold), ...claims.map(({ family }) => keys.of("c", family))],
      args: [part(hold), ...numbers.map(String), JSON.stringify(kept)].concat(
        [part(facts.user), part(facts.run), String(keepMs), ""],
        ...claims.map(argsOf),
      ),
      again: granted,
    });
    return reserved(reply, request);
  }

  async function end(hold: string, charge?: Charge): Promise<SettleReply> {
    const { nano = 0, tokens = 0, known = "" } = charge ?? {};
    if (!Number.isSafeInteger(nano) || !Number.isSafeInteger(tokens))
      throw new RangeError(`A charge of ${nano} and ${tokens} tokens can't be counted exactly.`);
    return ended(
      await scripts.run({
        script: END,
        keys: [keys.holds, keys.of("h", hold), keys.lines],
        args: [
          part(hold),
          charge ? JSON.stringify(charge) : "",
          String(nano),
          String(tokens),
          known,
          String(keepMs),
        ],
        again: asItWas("settled", "released"),
      }),
    );
  }

  return {
    now: async () => int((await scripts.run({ script: NOW, keys: [], args: [] }))[1]),
    reserve,
    settle: end,
    release: (hold) => end(hold),
    attach: async (hold, responseId) => {
      await scripts.run({
        script: ATTACH,
        keys: [keys.of("h", hold)],
        args: [responseId],
        again: asItWas("ok"),
      });
    },
    renew: async (holds, ttlMs) => {
      const args = [String(ttlMs), ...holds.map(part)];
      const reply = await scripts.run({ script: RENEW, keys: [keys.holds], args });
      const open = new Set(list(reply[3]).map(int));
      return holds.filter((_, i) => open.has(i));
    },
    holds: async ({ expired, limit }) => {
      const args = [expired ? "1" : "0", String(limit)];
      const reply = await scripts.run({ script: HOLDS, keys: [keys.holds], args });
      return reply.slice(3).map(openHold);
    },
    lease: async ({ name, owner, ttlMs }) => {
      const args = [owner, String(ttlMs)];
      return (
        text((await scripts.run({ script: LEASE, keys: [keys.of("l", name)], args }))[3]) === "1"
      );
    },
    windows: async (windows) => {
      const reply = await scripts.run({
        script: WINDOWS,
        keys: windows.map(({ family }) => keys.of("c", family)),
        args: windows.flatMap((window) => [windowText(window), String(window.rollingMs ?? 0)]),
      });
      return statesOf(reply.slice(3), windows);
    },
    lines: (query) => linesOf(scripts, keys, query),
  };
}

/** What the scripts take for granted: whole numbers that a double holds. */
function check({ output: { min, max }, ttlMs, ceiling, claims }: ReserveRequest): void {
  if (!(Number.isSafeInteger(min) && Number.isSafeInteger(max) && min >= 0 && min <= max))
    throw new RangeError(`No output tokens lie between ${min} and ${max}.`);
  if (new Set(claims.map(({ family }) => family)).size < claims.length)
    throw new RangeError("A window is claimed twice.");
  const amounts = claims.flatMap(({ limit, fixed, perOutput }) => [limit ?? 0, fixed, perOutput]);
  for (const amount of [ttlMs, ceiling.fixed, ceiling.perOutput, ...amounts]) {
    if (!Number.isSafeInteger(amount) || amount < 0)
      throw new RangeError(`${amount} is no whole number that can be counted exactly.`);
  }
}

/** A grant is brought back as it was given, whatever room there is now: the money may be spent already. */
function granted([kind, , , tokens]: Reply, call: Call): Call | undefined {
  if (text(kind) !== "held") return undefined;
  const args = [...call.args];
  // Least and most output, the mark of a call that is brought back, and each claim's limit.
  args.splice(2, 2, text(tokens), text(tokens));
  args[10] = "1";
  for (let limit = 11; limit < args.length; limit += 8) args[limit] = "";
  return { ...call, args };
}

/** The first letter tells the unit; of a rolling window its length and the width of its buckets follow. */
function howItCounts(claim: WindowClaim): string {
  const letter = claim.unit.charAt(0);
  if (claim.rollingMs === undefined) return letter;
  const { bucket = 0 } = entryOf(0, { ...claim, fixed: 0, perOutput: 0 }, 0);
  return `${letter}${claim.rollingMs}/${bucket}`;
}

function argsOf(claim: WindowClaim): readonly string[] {
  const { limit, fixed, perOutput, start, end } = claim;
  return [
    limit === null ? "" : String(limit),
    String(fixed),
    String(perOutput),
    windowText(claim),
    String(start),
    String(end),
    howItCounts(claim),
    factsText(claim),
  ];
}

function reserved(reply: Reply, { hold, claims }: ReserveRequest): ReserveReply {
  const [kind, at, , a, b, ...windows] = reply;
  const now = int(at);
  switch (text(kind)) {
    case "held":
    case "again":
      return {
        kind: "held",
        outputTokens: int(a),
        windows: text(kind) === "held" ? statesOf(windows, claims) : ownStatesOf(windows),
        now,
        expiresAt: int(b),
      };
    case "refused":
      return {
        kind: "refused",
        windows: statesOf(windows, claims),
        refused: list(a).map(int),
        fits: list(b).map(int),
        now,
      };
    case "stale":
      return { kind: "stale", now };
    case "ended":
      return { kind: "ended", now };
    default:
      throw new RangeError(`What hold ${hold} takes can't be counted exactly.`);
  }
}

function ended(reply: Reply): SettleReply {
  const [kind, , , ...rest] = reply;
  switch (text(kind)) {
    case "settled": {
      const [line, ...windows] = rest;
      return {
        kind: "settled",
        line: lineOf(line),
        windows: ownStatesOf(windows),
      };
    }
    case "released":
      return { kind: "released", windows: ownStatesOf(rest) };
    case "already":
      return rest.length === 0 ? { kind: "already" } : { kind: "already", line: lineOf(rest[0]) };
    default:
      return { kind: "unknown" };
  }
}

function openHold(value: unknown): OpenHold {
  const [kept, outputTokens, ceiling, createdAt, responseId, expiresAt] = list(value);
  const { id, owner, facts } = json<Kept>(kept);
  return {
    id,
    owner,
    facts,
    ceiling: int(ceiling),
    tokens: facts.promptTokens + int(outputTokens),
    outputTokens: int(outputTokens),
    createdAt: int(createdAt),
    expiresAt: int(expiresAt),
    ...(text(responseId) === "" ? {} : { responseId: text(responseId) }),
  };
}
