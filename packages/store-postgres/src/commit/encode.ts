/** How a batch is written down for `commit_v1`. */
import type { HoldFacts, SettingsVersion } from "@assistants-budget/core/store";
import type { Call } from "../client.ts";
import { keyOf } from "../settings.ts";
import { jsons, numbers, texts } from "./arrays.ts";
import { type AskedWindows, askedWindows, windowLists } from "./asked-windows.ts";
import type { EndJob, Job, ReserveJob } from "./batch.ts";
import { takenBy } from "./plain-sums.ts";

/** A reserve as it is sent: where its windows stand, from 1, and what it holds there if it gets all that it asks for. */
export interface SentReserve {
  readonly job: ReserveJob;
  readonly places: readonly number[];
  readonly amounts: readonly number[];
}

/** A batch as it is sent, and what is needed to read its answer. */
export interface Encoded {
  /** What `commit_v1` takes, after the time. */
  readonly lists: readonly (string | null)[];
  /** The settings named, by their places from 1. */
  readonly named: readonly SettingsVersion[];
  readonly reserves: readonly SentReserve[];
  readonly ends: readonly EndJob[];
}

/** What `commit_v1` takes, after the time: settings, windows, reserves, ends. */
// oxfmt-ignore
export const COMMIT_TYPES: Call<unknown>["types"] = [
  "text",
  "text[]", "bigint[]", "bigint[]", "bigint[]", "text",
  "text[]", "text[]", "bigint[]", "bigint[]", "bigint[]", "bigint[]", "text[]", "text[]", "text[]", "text[]", "text[]",
  "text[]", "text[]", "text[]", "text[]", "text",
  "text[]", "bigint[]", "bigint[]", "text[]", "text[]",
];

export function encode(batch: readonly Job[]): Encoded {
  const ends = batch.filter((job) => job.kind === "end");
  const windows = askedWindows();
  const settings = namedSettings();
  const reserves = batch.filter((job) => job.kind === "reserve").map(sentIn(windows));
  const asked = reserveLists(reserves, settings);
  const lists = [
    settings.list(),
    ...windowLists(windows, asked.isPlain),
    ...asked.lists,
    ...endLists(ends),
  ];
  return { lists, named: settings.all, reserves, ends };
}

function sentIn(windows: AskedWindows) {
  return (job: ReserveJob, index: number): SentReserve => {
    const { claims, output } = job.request;
    const places = claims.map((claim) => windows.placeOf(claim, index));
    const amounts = claims.map((claim) => takenBy(claim, output.max) ?? Number.NaN);
    for (const [i, amount] of amounts.entries()) windows.hold(places[i] ?? 0, amount);
    return { job, places, amounts };
  };
}

function reserveLists(sent: readonly SentReserve[], settings: NamedSettings) {
  const requests = sent.map(({ job }) => job.request);
  const facts = requests.map((request) => request.facts);
  const whose = facts.map(whoseOf);
  const ceilings = requests.map(({ ceiling, output }) => takenBy(ceiling, output.max));
  const rest = requests.map(({ claims, output, ceiling, subjects }) => ({
    least: output.min,
    limits: numbers(claims.map(({ limit }) => limit)),
    fixed: numbers(claims.map(({ fixed }) => fixed)),
    per: numbers(claims.map(({ perOutput }) => perOutput)),
    ceilingFixed: ceiling.fixed,
    ceilingPer: ceiling.perOutput,
    named: numbers(subjects.map(settings.placeOf)),
  }));
  const lists = [
    texts(requests.map(({ hold }) => hold)),
    texts(requests.map(({ owner }) => owner)),
    numbers(requests.map(({ ttlMs }) => ttlMs)),
    numbers(requests.map(({ output }) => output.max)),
    numbers(ceilings.map((ceiling) => ceiling ?? null)),
    numbers(facts.map(({ promptTokens }) => promptTokens)),
    texts(whose.map(({ user }) => user)),
    texts(facts.map(({ thread }) => thread)),
    texts(facts.map(({ run }) => run)),
    jsons(whose.map(({ told }) => told)),
    texts(facts.map(subjectsOf)),
    texts(sent.map(({ places }) => numbers(places))),
    texts(sent.map(({ amounts }) => numbers(amounts))),
    texts(requests.map(({ claims }) => numbers(claims.map(({ cap }) => cap)))),
    texts(requests.map(({ thresholds }) => numbers(thresholds))),
    JSON.stringify(rest),
  ];
  return { lists, isPlain: !ceilings.includes(undefined) };
}

function endLists(ends: readonly EndJob[]): readonly string[] {
  return [
    texts(ends.map(({ hold }) => hold)),
    numbers(ends.map(({ charge }) => charge?.nano ?? null)),
    numbers(ends.map(({ charge }) => charge?.tokens ?? null)),
    texts(ends.map(({ charge }) => charge?.known ?? null)),
    jsons(ends.map(({ charge }) => (charge ? JSON.stringify(charge) : null))),
  ];
}

type NamedSettings = ReturnType<typeof namedSettings>;

/** Each version of each subject's settings once. Nearly all are of subjects of whom nobody has spoken. */
function namedSettings() {
  const places = new Map<string, number>();
  const all: SettingsVersion[] = [];
  return {
    all,
    placeOf: (named: SettingsVersion): number => {
      const key = `${keyOf(named)}\n${named.version}`;
      const place = places.get(key) ?? all.push(named);
      places.set(key, place);
      return place;
    },
    list: (): string | null => {
      if (all.length === 0) return null;
      const versions = all.some(({ version }) => version !== 0)
        ? { versions: all.map(({ version }) => version) }
        : {};
      return JSON.stringify({ ...versions, keys: all.map(keyOf) });
    },
  };
}

/** Names stand in columns of their own: what else is known of a hold is never changed. */
function whoseOf({ user, ...facts }: HoldFacts) {
  return { user, told: JSON.stringify(facts) };
}

function subjectsOf({ subjects = {} }: HoldFacts): string | null {
  const keys = Object.entries(subjects).map(([scope, subject]) => keyOf({ scope, subject }));
  return keys.length > 0 ? texts(keys) : null;
}
