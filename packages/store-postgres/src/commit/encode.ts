/** How a batch is written down for `commit_v1`. */
import type { HoldFacts, SettingsVersion, WindowClaim } from "@assistants-budget/core/store";
import { keyOf } from "../settings.ts";
import type { EndJob, Job, ReserveJob } from "./batch.ts";

/** A batch as it is sent, and what is needed to read its answer. */
export interface Encoded {
  /** What `commit_v1` takes: windows, reserves, ends, settings. */
  readonly lists: readonly (string | null)[];
  /** The place of each family in the windows sent, from 0. */
  readonly places: ReadonlyMap<string, number>;
  /** The settings named, by their places from 1. */
  readonly named: readonly SettingsVersion[];
  readonly reserves: readonly ReserveJob[];
  readonly ends: readonly EndJob[];
}

export function encode(batch: readonly Job[]): Encoded {
  const reserves = batch.filter((job) => job.kind === "reserve");
  const ends = batch.filter((job) => job.kind === "end");
  const windows = askedWindows();
  const settings = namedSettings();
  const asked = reserves.map(({ request }, index) => ({
    hold: request.hold,
    owner: request.owner,
    ttl: request.ttlMs,
    least: request.output.min,
    most: request.output.max,
    windows: list(request.claims.map((claim) => windows.placeOf(claim, index))),
    limits: list(request.claims.map(({ limit }) => limit)),
    caps: list(request.claims.map(({ cap }) => cap)),
    fixed: list(request.claims.map(({ fixed }) => fixed)),
    per: list(request.claims.map(({ perOutput }) => perOutput)),
    thresholds: list(request.thresholds),
    ceilingFixed: request.ceiling.fixed,
    ceilingPer: request.ceiling.perOutput,
    prompt: request.facts.promptTokens,
    named: list(request.subjects.map(settings.placeOf)),
    ...whoseOf(request.facts),
  }));
  const ended = ends.map(({ hold, charge }) =>
    charge
      ? {
          hold,
          nano: charge.nano,
          tokens: charge.tokens,
          known: charge.known,
          charge: JSON.stringify(charge),
        }
      : { hold },
  );
  const lists = [windows.all, asked, ended].map((one) =>
    one.length > 0 ? JSON.stringify(one) : null,
  );
  const { places } = windows;
  return { lists: [...lists, settings.list()], places, named: settings.all, reserves, ends };
}

/** The server's own way to write an array, which it reads much quicker than JSON's. */
function list(numbers: readonly (number | null)[]): string {
  return `{${numbers.map((one) => one ?? "NULL").join(",")}}`;
}

/** Each window once, and which reserves claim it. */
function askedWindows() {
  const places = new Map<string, number>();
  const all: { who: string }[] = [];
  return {
    places,
    all,
    placeOf: (claim: WindowClaim, reserve: number): number => {
      const { family, scope, subject, unit, period, zone, start, end, rollingMs } = claim;
      let place = places.get(family);
      if (place === undefined) {
        place = all.length;
        places.set(family, place);
        const stretch = { starts: start, ends: end, rolling: rollingMs };
        all.push(Object.assign({ family, scope, subject, unit, period, zone, who: "" }, stretch));
      }
      const window = all[place];
      if (window) window.who += `${reserve},`;
      return place + 1;
    },
  };
}

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
      return JSON.stringify({ keys: all.map(keyOf), ...versions });
    },
  };
}

/** Names stand in columns of their own: what else is known of a hold is never changed. */
function whoseOf({ user, thread, run, ...facts }: HoldFacts): object {
  const subjects = Object.entries(facts.subjects ?? {}).map(([scope, subject]) =>
    keyOf({ scope, subject }),
  );
  return {
    user,
    thread,
    run,
    ...(subjects.length > 0 ? { subjects } : {}),
    facts: JSON.stringify({ thread, run, ...facts }),
  };
}
