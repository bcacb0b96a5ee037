/** What operators do in the middle of a storm; what it may do to a window is in `causes.ts`. */
import type { LedgerLine, LimitText } from "@assistants-budget/core";
import { chargedHolds, stepLines } from "./books.ts";
import type { Draws } from "./draws.ts";
import type { Identities } from "./identities.ts";
import { type Person, drawPerson } from "./subjects.ts";
import { type KnownWindow, periodOf } from "./windows.ts";
import type { Word } from "./words.ts";

/** What operators look at before they act. */
export interface Scene {
  readonly people: readonly Person[];
  readonly windows: readonly KnownWindow[];
  readonly identities: Identities;
  /** What the ledger was last seen to have. */
  readonly lines: readonly LedgerLine[];
}

/** One kind of thing that an operator does; nothing where there is nobody to do it to. */
export type Act = (scene: Scene, draws: Draws) => Word | undefined;

/** What is said of money, and what is said of people: who is who, and who is frozen, is said in one row. */
export const ACTS: Readonly<Record<"money" | "people", readonly Act[]>> = {
  money: [credit, setLimits, setLimits, correct],
  people: [freeze, freeze, merge],
};

function subjectIn(scope: string, { user, tenant }: Person): Readonly<Record<string, string>> {
  return scope === "user" ? { user } : scope === "tenant" ? { tenant } : { app: "app" };
}

/** One window of somebody's, in one of these scopes. */
function drawWindow({ people, windows }: Scene, scopes: readonly string[], draws: Draws) {
  const scope = draws.one(scopes);
  const subject = subjectIn(scope, drawPerson(people, draws));
  const own = windows.filter(({ at }) => at.scope === scope && subject[scope] === at.subject);
  return { subject, own, window: draws.one(own) };
}

/** A part of what the app allows there, or a multiple of it. */
function partOf({ at, limit }: KnownWindow, part: number): LimitText {
  return `$${Number(((limit * part) / 1e9).toFixed(9))}/${periodOf(at)}` as LimitText;
}

function credit(scene: Scene, draws: Draws): Word {
  const { subject, own } = drawWindow(scene, ["user", "tenant", "app"], draws);
  // A rolling window has no end at which a credit could end.
  const window = draws.one(own.filter(({ at }) => at.rollingMs === undefined));
  // Little for the app, which everybody shares: it shall go on refusing.
  const part = draws.one([0.05, 0.2, 0.4]) / (subject["app"] === undefined ? 1 : 10);
  return { word: "credit", subject, amount: partOf(window, part) };
}

/** Lower and higher ones, of all periods or of one, and the app's again. */
function setLimits(scene: Scene, draws: Draws): Word {
  const { subject, own, window } = drawWindow(scene, ["user", "tenant"], draws);
  const part = draws.one([0.2, 0.5, 0.8, 1.2, 2, null, "unlimited"] as const);
  if (typeof part !== "number") return { word: "setLimits", subject, limits: part };
  const some = draws.isLucky(0.5) ? own : [window];
  return { word: "setLimits", subject, limits: some.map((one) => partOf(one, part)) };
}

function freeze({ people, identities }: Scene, draws: Draws): Word | undefined {
  const { user } = drawPerson(people, draws);
  const frozen = people.filter((one) => identities.isFrozen(one.user));
  const isEnough = frozen.length > people.length / 10;
  return isEnough || identities.isFrozen(user) ? undefined : { word: "freeze", user };
}

/** Up and down, once or more often; also where what was charged is not known for certain yet. */
function correct({ lines }: Scene, draws: Draws): Word | undefined {
  const holds = chargedHolds(stepLines(lines));
  if (holds.length === 0) return undefined;
  const { hold, nano } = draws.one(holds);
  const corrected = Math.round(nano * draws.one([0, 0.5, 1, 1.5, 3]));
  return { word: "correct", hold, usd: (corrected / 1e9).toFixed(9) };
}

/** A visitor signs in. Not of somebody who is frozen: who would be frozen then is the store's to say. */
function merge({ people, identities }: Scene, draws: Draws): Word | undefined {
  const from = drawPerson(people, draws).user;
  const into = drawPerson(people, draws).user;
  const { userOf, isFrozen, merges } = identities;
  const isDone = userOf(from) !== from || userOf(into) === from;
  if (isDone || isFrozen(from) || isFrozen(into) || merges >= people.length / 8) return undefined;
  return { word: "merge", from, into };
}
