/** The same for windows that are seeded, noticed, and listed. */
import type { WindowAt } from "@assistants-budget/core/store";
import { expect, test } from "vitest";
import { type Fault, type Planted, failures, remembering } from "./planted.ts";

const DAY = 24 * 60 * 60 * 1000;

/** Gives every family a subject of its own, so that none has any history. */
const alone = (at: WindowAt) => ({ ...at, subject: `${at.period} ${at.unit} ${at.subject}` });

function named<Window extends WindowAt>(
  windows: readonly Window[],
  asked: readonly WindowAt[],
): readonly Window[] {
  return windows.map((one, i) => ({ ...one, subject: asked[i]?.subject ?? one.subject }));
}

/** Whenever something is charged, what was charged so long ago by the clock is taken out of its windows. */
const dropping =
  (age: number): Fault =>
  (store) => {
    const charged = new Map<string, number>();
    return {
      settle: async (hold, charge) => {
        const now = await store.now();
        for (const [old, at] of charged) {
          if (at > now - age) continue;
          charged.delete(old);
          const said = { id: `drop ${old}`, by: "nobody", why: "it is old" };
          await store.act({ ...said, kind: "adjustment", hold: old, nano: 0 });
        }
        charged.set(hold, now);
        return store.settle(hold, charge);
      },
    };
  };

const FAULTS: Readonly<Record<string, Planted>> = {
  "drops what has left a rolling window": {
    part: "time going backwards",
    fault: dropping(DAY + 30 * 60_000),
  },
  "clears away what one reading of the clock says is old": {
    part: "time going backwards",
    fault: dropping(90 * DAY),
  },
  "does not seed": {
    part: "seeding",
    fault: (store) => ({
      reserve: async (request) => {
        const claims = request.claims.map((claim) => ({ ...claim, ...alone(claim) }));
        const reply = await store.reserve({ ...request, claims });
        return "windows" in reply
          ? { ...reply, windows: named(reply.windows, request.claims) }
          : reply;
      },
      windows: async (windows) => named(await store.windows(windows.map(alone)), windows),
    }),
  },
  "lets a late period begin without what is open": {
    part: "seeding",
    fault: (store) => {
      const { requests, reserve } = remembering(store);
      return {
        reserve,
        settle: async (hold, charge) => {
          const reply = await store.settle(hold, charge);
          const own = requests.get(hold)?.claims.map(({ family }) => family);
          return reply.kind === "settled" && own
            ? { ...reply, windows: reply.windows.filter(({ family }) => own.includes(family)) }
            : reply;
        },
      };
    },
  },
  "writes a notice for each charge": {
    part: "notices",
    fault: (store) => {
      let told = 0;
      return {
        takeNotices: async (request) =>
          (await store.takeNotices(request)).flatMap((notice) => {
            told += 1;
            return [notice, { ...notice, id: `${notice.id} ${told}` }];
          }),
      };
    },
  },
  "gives a notice to everybody who asks": {
    part: "notices",
    fault: (store) => ({
      takeNotices: (request) => store.takeNotices({ ...request, leaseMs: 0 }),
    }),
  },
  "gives out what was dropped": {
    part: "notices",
    fault: () => ({ dropNotice: async () => undefined }),
  },
  "does not say that it noticed": {
    part: "notices",
    fault: (store) => ({
      settle: async (hold, charge) => {
        const reply = await store.settle(hold, charge);
        return reply.kind === "settled"
          ? { kind: "settled", line: reply.line, windows: reply.windows }
          : reply;
      },
    }),
  },
  "notices only what it grants": {
    part: "notices",
    fault: (store) => ({
      reserve: async (request) => {
        const open = await store.windows(request.claims);
        const fits = request.claims.every(
          ({ limit, fixed }, i) => (open[i]?.spent ?? 0) + fixed / 1000 <= (limit ?? Infinity),
        );
        return store.reserve(fits ? request : { ...request, thresholds: [] });
      },
    }),
  },
  "lists the fullest by what is spent alone": {
    part: "the fullest windows",
    fault: (store) => ({
      fullest: async (query) =>
        (await store.fullest({ ...query, limit: 1e6 }))
          .toSorted((a, b) => b.spent / b.cap - a.spent / a.cap)
          .slice(0, query.limit),
    }),
  },
  "lists the fullest without their credit": {
    part: "the fullest windows",
    fault: (store) => ({
      fullest: async (query) =>
        (await store.fullest({ ...query, limit: 1e6 }))
          .toSorted((a, b) => (b.spent + b.held) / b.cap - (a.spent + a.held) / a.cap)
          .slice(0, query.limit),
    }),
  },
};

test.for(Object.entries(FAULTS))("a store that %s fails", async ([, planted]) => {
  expect(await failures(planted)).not.toEqual([]);
});
