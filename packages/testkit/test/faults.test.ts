/** The suite barks: each store here is the memory store with one fault, and must not pass. */
import { setImmediate as endOfTick } from "node:timers/promises";
import { type WindowAt, admit } from "@assistants-budget/core/store";
import { expect, test } from "vitest";
import { type Fault, type Planted, failures } from "./planted.ts";

/** Renames every counter that goes into a store, and names it as before on the way back. */
const renamed =
  (rename: (at: WindowAt) => string): Fault =>
  (store) => ({
    reserve: async (request) => {
      const claims = request.claims.map((claim) => ({ ...claim, family: rename(claim) }));
      const reply = await store.reserve({ ...request, claims });
      return "windows" in reply
        ? { ...reply, windows: named(reply.windows, request.claims) }
        : reply;
    },
    windows: async (windows) => {
      const found = await store.windows(windows.map((at) => ({ ...at, family: rename(at) })));
      return named(found, windows);
    },
  });

function named<Window extends WindowAt>(
  found: readonly Window[],
  asked: readonly WindowAt[],
): readonly Window[] {
  return found.map((state, i) => ({
    ...state,
    family: asked[i]?.family ?? state.family,
    subject: asked[i]?.subject ?? state.subject,
  }));
}

const FAULTS: Readonly<Record<string, Planted>> = {
  "checks first and holds afterwards": {
    part: "atomicity",
    fault: (store) => ({
      reserve: async (request) => {
        const windows = await store.windows(request.claims);
        const claims = request.claims.map((claim, i) => ({
          ...claim,
          spent: windows[i]?.spent ?? 0,
          held: windows[i]?.held ?? 0,
        }));
        const verdict = admit(claims, request.output);
        await endOfTick();
        if (!verdict.ok) return store.reserve(request);
        const unchecked = request.claims.map((claim) => ({ ...claim, limit: null }));
        const output = { min: verdict.outputTokens, max: verdict.outputTokens };
        return store.reserve({ ...request, claims: unchecked, output });
      },
    }),
  },
  "holds what fits before it refuses": {
    part: "atomicity",
    fault: (store) => ({
      reserve: async (request) => {
        const reply = await store.reserve(request);
        if (reply.kind !== "refused") return reply;
        const claims = request.claims.filter((_, i) => !reply.refused.includes(i));
        await store.reserve({ ...request, claims });
        return reply;
      },
    }),
  },
  "grants the least instead of the most": {
    part: "fit",
    fault: (store) => ({
      reserve: (request) =>
        store.reserve({ ...request, output: { ...request.output, max: request.output.min } }),
    }),
  },
  "takes an unknown subject's limit for none": {
    part: "reserve, settle, release",
    fault: (store) => ({
      reserve: async (request) => {
        const windows = await store.windows(request.claims);
        const claims = request.claims.map((claim, i) =>
          windows[i]?.spent === 0 && windows[i]?.held === 0 ? { ...claim, limit: null } : claim,
        );
        return store.reserve({ ...request, claims });
      },
    }),
  },
  "takes a charge of nothing for a missing one": {
    part: "reserve, settle, release",
    fault: (store) => ({
      settle: async (hold, charge) => {
        const open = (await store.holds({ expired: false, limit: 1e6 })).find(
          ({ id }) => id === hold,
        );
        return store.settle(hold, { ...charge, nano: charge.nano || (open?.ceiling ?? 0) });
      },
    }),
  },
  "cuts a charge off at its ceiling": {
    part: "reserve, settle, release",
    fault: (store) => ({
      settle: async (hold, charge) => {
        const open = (await store.holds({ expired: false, limit: 1e6 })).find(
          ({ id }) => id === hold,
        );
        const nano = open ? Math.min(charge.nano, open.ceiling) : charge.nano;
        return store.settle(hold, { ...charge, nano });
      },
    }),
  },
  "never corrects": {
    part: "corrections",
    fault: (store) => ({
      settle: async (hold, charge) => {
        const before = await store.release(hold.replace(/$/, " none"));
        const lines = await store.lines({});
        const line = lines.find((one) => "hold" in one && one.hold === hold);
        return line?.kind === "charge" && before.kind === "unknown"
          ? { kind: "already", line }
          : store.settle(hold, charge);
      },
    }),
  },
  "gives the money of expired holds back": {
    part: "expiry and renewal",
    fault: (store) => ({
      reserve: async (request) => {
        const expired = await store.holds({ expired: true, limit: 1e6 });
        await Promise.all(expired.map(({ id }) => store.release(id)));
        return store.reserve(request);
      },
    }),
  },
  "forgets a hold's id once it has ended": {
    part: "idempotency",
    fault: (store) => {
      let again = 0;
      return {
        reserve: async (request) => {
          const reply = await store.reserve(request);
          again += 1;
          return reply.kind === "ended"
            ? store.reserve({ ...request, hold: `${request.hold} again ${again}` })
            : reply;
        },
      };
    },
  },
  "says of all that they are still open": {
    part: "expiry and renewal",
    fault: (store) => ({
      renew: async (holds, ttlMs) => {
        await store.renew(holds, ttlMs);
        return holds;
      },
    }),
  },
  "knows its counters by their zone, too": {
    part: "a change of time zone",
    fault: renamed(({ family, zone }) => `${family} ${zone}`),
  },
  "knows its counters by their start, too": {
    part: "time going backwards",
    fault: renamed(({ family, start }) => `${family} ${start}`),
  },
  "does not tell upper from lower case": {
    part: "subjects",
    fault: renamed(({ family }) => family.toLowerCase()),
  },
  "trims its names": { part: "subjects", fault: renamed(({ family }) => family.trim()) },
  "composes its letters": {
    part: "subjects",
    fault: renamed(({ family }) => family.normalize("NFC")),
  },
  "cuts its names off at 255 characters": {
    part: "subjects",
    fault: renamed(({ family }) => family.slice(0, 255)),
  },
  "knows users, but not their scope": {
    part: "subjects",
    fault: renamed(({ subject, unit, period }) => [subject, unit, period].join("|")),
  },
  "opens anybody's thread": {
    part: "threads and runs",
    fault: (store) => ({
      items: async ({ thread }) =>
        (await store.items({ thread, user: "alice" })) ??
        (await store.items({ thread, user: "mallory" })),
    }),
  },
  "writes under any fence": {
    part: "thread leases",
    fault: (store) => ({
      saveRun: async (request) => {
        const reply = await store.saveRun(request);
        if (reply.kind === "saved" || request.fence === undefined) return reply;
        return store.saveRun({ ...request, fence: request.fence + 1 });
      },
    }),
  },
  "appends what it is sent again": {
    part: "saves that are sent again",
    fault: (store) => ({
      saveRun: async (request) => {
        const stored = await store.items(request.run);
        return store.saveRun({ ...request, from: stored?.length ?? request.from });
      },
    }),
  },
  "calls a save stale whose thread another run has by now": {
    part: "saves that are sent again",
    fault: (store) => {
      const fences = new Map<string, number>();
      return {
        openThread: async (request) => {
          const reply = await store.openThread(request);
          if (reply.kind === "open") fences.set(request.thread, reply.fence);
          return reply;
        },
        saveRun: async (request) => {
          const current = fences.get(request.run.thread) ?? 1;
          return (request.fence ?? 1) < current ? { kind: "stale" } : store.saveRun(request);
        },
      };
    },
  },
  "keeps the run of a deleted thread": {
    part: "threads and runs",
    fault: (store) => ({
      saveRun: async ({ fence, ...request }) => {
        await store.saveRun({ ...request, append: [] });
        return store.saveRun(fence === undefined ? request : { ...request, fence });
      },
    }),
  },
  "waits for a window that a clock ahead began": {
    part: "time going backwards",
    fault: (store) => {
      const begun = new Map<string, number>();
      return {
        reserve: async (request) => {
          const now = await store.now();
          const waits = request.claims.some(({ family }) => (begun.get(family) ?? now) > now);
          if (waits) return { kind: "stale", now };
          const reply = await store.reserve(request);
          for (const { family, start } of reply.kind === "held" ? reply.windows : [])
            begun.set(family, Math.max(start, begun.get(family) ?? start));
          return reply;
        },
      };
    },
  },
  "gives a lease to whoever asks": {
    part: "expiry and renewal",
    fault: () => ({ lease: async () => true }),
  },
  "has its own idea of the time": {
    part: "reserve, settle, release",
    fault: () => ({ now: async () => Date.now() }),
  },
  "reads each page from the start": {
    part: "lines, holds, windows",
    fault: (store) => ({
      lines: ({ after: _after, ...query }) => store.lines(query),
    }),
  },
};

test.for(Object.entries(FAULTS))("a store that %s fails", async ([, planted]) => {
  expect(await failures(planted)).not.toEqual([]);
});
