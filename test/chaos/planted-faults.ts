/** Stores that are wrong on purpose: a run which does not find that out proves nothing. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Store, admit } from "@assistants-budget/core/store";

export type PlantedFault =
  | "two-step reserve"
  | "forgotten settle"
  | "releasing recovery"
  | "repeated credit"
  | "deafness to limits"
  | "freeze answered early";

export function withPlanted(store: Store, fault: PlantedFault | undefined): Store {
  switch (fault) {
    case undefined:
      return store;
    case "two-step reserve":
      return { ...store, reserve: checksThenAdds(store) };
    case "forgotten settle":
      return { ...store, settle: forgetsSome(store) };
    case "releasing recovery":
      return releasesForOthers(store);
    case "repeated credit":
      return { ...store, act: givesAgain(store) };
    case "deafness to limits":
      return { ...store, reserve: goesByOldLimits(store) };
    case "freeze answered early":
      return { ...store, act: answersBeforeItFreezes(store) };
  }
}

/** Looks whether it fits, and holds afterwards whatever has been held meanwhile. */
function checksThenAdds(store: Store): Store["reserve"] {
  return async (request) => {
    const states = await store.windows(request.claims);
    const claims = request.claims.map((claim, i) => {
      const { spent = 0, held = 0 } = states[i] ?? {};
      return { ...claim, spent, held };
    });
    await sleep(5);
    if (!admit(claims, request.output).ok) return store.reserve(request);
    const unlimited = request.claims.map((claim) => ({ ...claim, limit: null }));
    return store.reserve({ ...request, claims: unlimited });
  };
}

/** Each tenth charge ends its hold and is written nowhere. */
function forgetsSome(store: Store): Store["settle"] {
  let settled = 0;
  return (hold, charge) => {
    settled += 1;
    return settled % 10 === 0 ? store.release(hold) : store.settle(hold, charge);
  };
}

/** What another process has held is given back, as if it had never been sent. */
function releasesForOthers(store: Store): Store {
  const own = new Set<string>();
  return {
    ...store,
    reserve: (request) => {
      own.add(request.hold);
      return store.reserve(request);
    },
    settle: (hold, charge) => (own.has(hold) ? store.settle(hold, charge) : store.release(hold)),
  };
}

/** A credit that is said again by the same id is given again. */
function givesAgain(store: Store): Store["act"] {
  return async (act) => {
    const reply = await store.act(act);
    if (act.kind === "credit" && reply.kind === "already")
      await store.act({ ...act, id: `${act.id} again` });
    return reply;
  };
}

/** Holds by the limits that a process knows, whatever an operator has set since. */
function goesByOldLimits(store: Store): Store["reserve"] {
  return async (request) => {
    const reply = await store.reserve(request);
    if (reply.kind !== "settings" || reply.settings.some(({ frozen, alias }) => frozen || alias))
      return reply;
    const newer = new Map(reply.settings.map((one) => [`${one.scope} ${one.subject}`, one]));
    const subjects = request.subjects.map((one) => newer.get(`${one.scope} ${one.subject}`) ?? one);
    return store.reserve({ ...request, subjects });
  };
}

/** Says that somebody is frozen, and sees to it later. */
function answersBeforeItFreezes(store: Store): Store["act"] {
  return async (act) => {
    if (act.kind !== "freeze") return store.act(act);
    setTimeout(() => void store.act(act).catch(() => undefined), 2_000);
    const at = await store.now();
    return { kind: "done", line: { id: "none", kind: "freeze", at, act } };
  };
}
