/** The same for settings, credits and adjustments. */
import { setImmediate as endOfTick } from "node:timers/promises";
import { expect, test } from "vitest";
import { type Planted, failures } from "./planted.ts";

const FAULTS: Readonly<Record<string, Planted>> = {
  "ignores the versions of settings": {
    part: "settings",
    fault: (store) => ({ reserve: (request) => store.reserve({ ...request, subjects: [] }) }),
  },
  "compares versions first and holds afterwards": {
    part: "settings",
    fault: (store) => ({
      reserve: async (request) => {
        const found = await store.settings(request.subjects);
        const settings = found.filter(({ version }, i) => version !== request.subjects[i]?.version);
        if (settings.length > 0) return store.reserve(request);
        await endOfTick();
        await endOfTick();
        return store.reserve({ ...request, subjects: [] });
      },
    }),
  },
  "tells all settings, not those that differ": {
    part: "settings",
    fault: (store) => ({
      reserve: async (request) => {
        const reply = await store.reserve(request);
        return reply.kind === "settings"
          ? { ...reply, settings: await store.settings(request.subjects) }
          : reply;
      },
    }),
  },
  "asks an open hold for its settings again": {
    part: "settings",
    fault: (store) => ({
      reserve: async (request) => {
        const settings = await store.settings(request.subjects);
        const old = settings.filter(({ version }, i) => version !== request.subjects[i]?.version);
        const now = await store.now();
        return old.length > 0 ? { kind: "settings", settings: old, now } : store.reserve(request);
      },
    }),
  },
  "does an act as often as it is said": {
    part: "acts",
    fault: (store) => {
      let again = 0;
      return {
        act: async (act) => {
          const reply = await store.act(act);
          again += 1;
          return reply.kind === "already"
            ? store.act({ ...act, id: `${act.id} again ${again}` })
            : reply;
        },
      };
    },
  },
  "begins its versions anew": {
    part: "acts",
    fault: (store) => ({
      settings: async (subjects) =>
        (await store.settings(subjects)).map((one) => ({
          ...one,
          version: one.version === 0 ? 0 : Number(one.frozen ?? 0) + (one.limits?.length ?? 0) + 1,
        })),
    }),
  },
  "forgets a freeze with the limits": {
    part: "acts",
    fault: (store) => ({
      act: async (act) => {
        if (act.kind === "limits" && act.limits === null)
          await store.act({ ...act, kind: "unfreeze", id: `${act.id} first` });
        return store.act(act);
      },
    }),
  },
  "credits twice when it is asked again": {
    part: "credit",
    fault: (store) => ({
      act: async (act) => {
        const reply = await store.act(act);
        if (reply.kind === "already" && act.kind === "credit")
          await store.act({ ...act, id: `${act.id} twice` });
        return reply;
      },
    }),
  },
  "takes a credit from what was spent": {
    part: "credit",
    fault: (store) => ({
      windows: async (windows) =>
        (await store.windows(windows)).map((one) => ({ ...one, spent: one.spent - one.credit })),
    }),
  },
  "keeps a credit for all windows of its family": {
    part: "credit",
    fault: (store) => {
      const credits = new Map<string, number>();
      return {
        act: async (act) => {
          const reply = await store.act(act);
          if (act.kind === "credit" && reply.kind === "done")
            credits.set(act.window.family, (credits.get(act.window.family) ?? 0) + act.amount);
          return reply;
        },
        windows: async (windows) =>
          (await store.windows(windows)).map((one) => ({
            ...one,
            credit: credits.get(one.family) ?? 0,
          })),
      };
    },
  },
  "adjusts by the amount, not to it": {
    part: "adjustments",
    fault: (store) => {
      const totals = new Map<string, number>();
      return {
        settle: async (hold, charge) => {
          const reply = await store.settle(hold, charge);
          if (reply.kind === "settled") totals.set(hold, charge.nano);
          return reply;
        },
        act: (act) =>
          act.kind === "adjustment"
            ? store.act({ ...act, nano: act.nano + (totals.get(act.hold) ?? 0) })
            : store.act(act),
      };
    },
  },
  "lets the provider have the last word": {
    part: "adjustments",
    fault: (store) => ({
      settle: async (hold, charge) => {
        const reply = await store.settle(hold, charge);
        if (reply.kind === "already" && charge.known === "reported")
          await store.act({
            kind: "adjustment",
            id: `late ${hold}`,
            by: "the provider",
            why: "it says so",
            hold,
            nano: charge.nano,
          });
        return reply;
      },
    }),
  },
};

test.for(Object.entries(FAULTS))("a store that %s fails", async ([, planted]) => {
  expect(await failures(planted)).not.toEqual([]);
});
