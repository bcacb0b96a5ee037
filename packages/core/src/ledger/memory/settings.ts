/** What operators have said of subjects, in the memory store. */
import type { Settings, SettingsVersion, SubjectKey } from "../acts.ts";

export interface SubjectSettings {
  readonly of: (key: SubjectKey) => Settings;
  set(settings: Settings): void;
  delete(key: SubjectKey): void;
  /** Those of other versions than these; nothing where all agree. */
  unlike(versions: readonly SettingsVersion[]): readonly Settings[] | undefined;
  /** The user that a name stands for. */
  readonly userOf: (name: string) => string;
  /** The other names of a user. */
  aliasesOf(user: string): readonly string[];
}

export function subjectSettings(): SubjectSettings {
  const scopes = new Map<string, Map<string, Settings>>();

  const said = ({ scope, subject }: SubjectKey): Settings | undefined =>
    scopes.get(scope)?.get(subject);

  const of = (key: SubjectKey): Settings =>
    said(key) ?? { scope: key.scope, subject: key.subject, version: 0 };

  return {
    of,
    set: (settings) => {
      const ofScope = scopes.get(settings.scope) ?? new Map<string, Settings>();
      scopes.set(settings.scope, ofScope.set(settings.subject, settings));
    },
    delete: ({ scope, subject }) => void scopes.get(scope)?.delete(subject),
    unlike: (versions) => {
      for (const key of versions)
        if ((said(key)?.version ?? 0) !== key.version)
          return versions.filter((one) => of(one).version !== one.version).map(of);
      return undefined;
    },
    userOf: (name) => scopes.get("user")?.get(name)?.alias ?? name,
    aliasesOf: (user) =>
      [...(scopes.get("user")?.values() ?? [])].flatMap(({ subject, alias }) =>
        alias === user ? subject : [],
      ),
  };
}
