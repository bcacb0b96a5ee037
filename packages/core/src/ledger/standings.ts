/** How subjects stand by what operators have said, as far as it is known, and by the store where it may not be. */
import type { SettingsVersion } from "./acts.ts";
import { askStore } from "./ask-store.ts";
import type { Subjects } from "./demand.ts";
import { type KnownSettings, type Standing, knownSettings } from "./known-settings.ts";
import type { Store } from "./store.ts";

export interface Standings extends KnownSettings {
  /** For a reserve, which is told what has changed; but whoever is known as frozen may have been freed since. */
  forReserve(subjects: Subjects, begun: boolean): Standing | Promise<Standing>;
  /** By the store, as they stand now. */
  lookUp(subjects: Subjects, begun?: boolean): Promise<Standing>;
}

export function standings(store: Pick<Store, "settings">): Standings {
  const known = knownSettings();

  async function lookUp(subjects: Subjects, begun = false): Promise<Standing> {
    const asked = known.standingOf(subjects, begun).versions;
    known.learn(await askStore(() => store.settings(asked)));
    const standing = known.standingOf(subjects, begun);
    const wasAsked = ({ scope, subject }: SettingsVersion): boolean =>
      asked.some((one) => one.scope === scope && one.subject === subject);
    // An alias that was news leads to somebody whose settings are not known yet.
    return standing.versions.every(wasAsked) ? standing : lookUp(subjects, begun);
  }

  return {
    ...known,
    lookUp,
    forReserve: (subjects, begun) => {
      const standing = known.standingOf(subjects, begun);
      return standing.frozen ? lookUp(subjects, begun) : standing;
    },
  };
}
