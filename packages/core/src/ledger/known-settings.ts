/** What operators have said of subjects, as far as this process knows. The store tells where that is out of date. */
import { LRUCache } from "lru-cache";
import { type Policy, parseLimit } from "../rules/index.ts";
import type { Settings, SettingsVersion, SubjectKey } from "./acts.ts";
import { PERIODS, readPeriods } from "./counted-periods.ts";
import type { Subjects } from "./demand.ts";
import type { OperatorLimits } from "./limit-layers.ts";
import { isPassing } from "./scopes.ts";

/** How a step's subjects stand. */
export interface Standing {
  /** With those that aliases stand for. */
  readonly subjects: Subjects;
  /** What it was told by: a reserve names it, and is answered anew where it has changed. */
  readonly versions: readonly SettingsVersion[];
  readonly limits: OperatorLimits;
  /** The periods that all processes count. */
  readonly counted: Policy["limits"];
  /** The one that an operator froze. */
  readonly frozen?: SubjectKey;
}

export interface KnownSettings {
  /** @param begun Whether the run has been heard of, so that somebody may have cancelled it. */
  standingOf(subjects: Subjects, begun?: boolean): Standing;
  learn(settings: readonly Settings[]): void;
}

/** How many subjects with settings of their own a process remembers. */
const MOST = 10_000;

function keyOf({ scope, subject }: SubjectKey): string {
  return `${scope}|${subject}`;
}

export function knownSettings(): KnownSettings {
  const known = new LRUCache<string, Settings>({ max: MOST });
  /** Where operators have said nothing, asking costs nothing. */
  const said = (key: SubjectKey): Settings | undefined =>
    known.size === 0 ? undefined : known.get(keyOf(key));
  let periods: SettingsVersion = { ...PERIODS, version: 0 };
  let counted = readPeriods(undefined);

  return {
    standingOf: (subjects, begun = false) => {
      const versions: SettingsVersion[] = [periods];
      let aliases: Record<string, string> | undefined;
      const limits: Record<string, OperatorLimits[string]> = {};
      let frozen: SubjectKey | undefined;
      for (const [scope, named] of Object.entries(subjects)) {
        if (isPassing(scope) && !(scope === "run" && begun)) continue;
        let subject = named;
        let settings = said({ scope, subject });
        versions.push({ scope, subject, version: settings?.version ?? 0 });
        if (settings?.alias !== undefined) {
          subject = settings.alias;
          (aliases ??= {})[scope] = subject;
          settings = said({ scope, subject });
          versions.push({ scope, subject, version: settings?.version ?? 0 });
        }
        if (settings?.frozen) frozen ??= { scope, subject };
        if (settings?.limits !== undefined) limits[scope] = parsed(settings.limits);
      }
      const resolved = aliases ? { ...subjects, ...aliases } : subjects;
      const standing = { subjects: resolved, versions, limits, counted };
      return frozen ? { ...standing, frozen } : standing;
    },
    learn: (settings) => {
      for (const one of settings) {
        if (one.scope === PERIODS.scope) {
          if (one.version === periods.version) continue;
          periods = { ...PERIODS, version: one.version };
          counted = readPeriods(one);
        } else if (one.version === 0) known.delete(keyOf(one));
        else known.set(keyOf(one), one);
      }
    },
  };
}

/** They were checked when they were set. */
function parsed(limits: NonNullable<Settings["limits"]>): OperatorLimits[string] {
  return limits === "unlimited" ? limits : limits.map((text) => parseLimit(text, "limits"));
}
