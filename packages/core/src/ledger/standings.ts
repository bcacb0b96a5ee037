/** How subjects stand by what operators have said, as far as it is known, and by the store where it may not be. */
import type { SettingsVersion } from "./acts.ts";
import { askStore } from "./ask-store.ts";
import type { Subjects } from "./demand.ts";
import { type KnownSettings, type Standing, knownSettings } from "./known-settings.ts";
import type { Store } from "./store.ts";

export interface Standings extends KnownSettings {
  /** For a reserve, which is told what has changed; but whoever is known as frozen may have been freed since. */
  forReserve(subjects: Subjects): Standing | Promise<Standing>;
  /** By the store, as they stand now. */
  lookUp(subjects: Subjects): Promise<Standing>;
}

export function standings(store: Pick<Store, "settings">): Standings {
  const known = knownSettings();

  async function lookUp(subjects: Subjects): Promise<Standing> {
    const asked = known.standingOf(subjects).versions;
    known.learn(await askStore(() => store.settings(asked)));
    const standing = known.standingOf(subjects);
    const wasAsked = ({ scope, subject }: SettingsVersion): boolean =>
      asked.some((one) => one.scope === scope && one.subject === subject);
    // An alias that was news leads to somebody whose settings are not known yet.
    return standing.versions.every(wasAsked) ? standing : lookUp(subjects);
  }

  return {
    ...known,
    lookUp,
    forReserve: (subjects) => {
      const standing = known.standingOf(subjects);
      return standing.frozen ? lookUp(subjects) : standing;
    },
  };
}
