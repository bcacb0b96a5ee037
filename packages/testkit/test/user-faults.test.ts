/** The same for users who are merged or forgotten. */
import { expect, test } from "vitest";
import { type Planted, failures, remembering } from "./planted.ts";

const FAULTS: Readonly<Record<string, Planted>> = {
  "forgets open holds in a merge": {
    part: "merging users",
    fault: (store) => ({
      act: async (act) => {
        if (act.kind === "merge")
          for (const { id, facts } of await store.holds({ expired: false, limit: 1e6 }))
            if (facts.user === act.subject) await store.release(id);
        return store.act(act);
      },
    }),
  },
  "settles in the windows that a merge has emptied": {
    part: "merging users",
    fault: (store) => {
      const { requests, reserve } = remembering(store);
      const merged = new Set<string>();
      return {
        reserve,
        act: async (act) => {
          if (act.kind === "merge") merged.add(act.subject);
          return store.act(act);
        },
        settle: async (hold, charge) => {
          const request = requests.get(hold);
          if (!request || !merged.has(request.facts.user)) return store.settle(hold, charge);
          await store.release(hold);
          await store.reserve({ ...request, hold: `${hold} anew` });
          return store.settle(`${hold} anew`, charge);
        },
      };
    },
  },
  "shows what was moved in both places": {
    part: "merging users",
    fault: (store) => {
      const aliases = new Map<string, string>();
      return {
        act: async (act) => {
          const reply = await store.act(act);
          if (act.kind === "merge" && reply.kind === "done") aliases.set(act.subject, act.into);
          return reply;
        },
        windows: async (windows) => {
          const found = await store.windows(windows);
          const asked = windows.map((at) => {
            const subject = aliases.get(at.subject) ?? at.subject;
            return { ...at, subject, family: at.family.replace(/[^|]*$/, subject) };
          });
          const theirs = await store.windows(asked);
          return found.map((one, i) => ({
            ...one,
            spent: theirs[i]?.spent ?? 0,
            held: theirs[i]?.held ?? 0,
          }));
        },
      };
    },
  },
  "knows an alias of an alias by its first user only": {
    part: "aliases",
    fault: (store) => {
      const first = new Map<string, string>();
      return {
        act: async (act) => {
          const reply = await store.act(act);
          if (act.kind === "merge" && reply.kind === "done") first.set(act.subject, act.into);
          return reply;
        },
        settings: async (subjects) =>
          (await store.settings(subjects)).map((one) => ({
            ...one,
            ...(one.alias === undefined ? {} : { alias: first.get(one.subject) ?? one.alias }),
          })),
      };
    },
  },
  "closes the threads of an alias": {
    part: "threads of merged users",
    fault: (store) => {
      const merged = new Set<string>();
      return {
        act: async (act) => {
          if (act.kind === "merge") merged.add(act.subject);
          return store.act(act);
        },
        saveRun: async (request) =>
          merged.has(request.run.user) ? { kind: "stale" } : store.saveRun(request),
      };
    },
  },
  "leaves a name in what was forgotten": {
    part: "forgetting a user",
    fault: (store) => {
      const names: string[] = [];
      return {
        act: async (act) => {
          const reply = await store.act(act);
          if (act.kind === "forget" && reply.kind === "done") names.push(act.subject);
          return reply;
        },
        lines: async (query) =>
          (await store.lines(query)).map((line) =>
            line.kind === "forget" ? { ...line, act: { ...line.act, why: names.join() } } : line,
          ),
      };
    },
  },
  "forgets somebody with open holds": {
    part: "forgetting a user",
    fault: (store) => ({
      act: async (act) => {
        if (act.kind === "forget")
          for (const { id } of await store.holds({ expired: false, limit: 1e6 }))
            await store.release(id);
        return store.act(act);
      },
    }),
  },
  "forgets the money, too": {
    part: "forgetting a user",
    fault: (store) => {
      const forgotten = new Set<string>();
      return {
        act: async (act) => {
          if (act.kind === "forget") forgotten.add(act.pseudonym);
          return store.act(act);
        },
        windows: async (windows) =>
          (await store.windows(windows)).map((one) =>
            forgotten.has(one.subject) ? { ...one, spent: 0 } : one,
          ),
      };
    },
  },
};

test.for(Object.entries(FAULTS))("a store that %s fails", async ([, planted]) => {
  expect(await failures(planted)).not.toEqual([]);
});
