/** What operators have said of subjects. Where nobody has said anything, asking costs nothing. */
import type { DatabaseSync } from "node:sqlite";
import type { Settings, SettingsVersion, SubjectKey } from "@assistants-budget/core/store";
import { type Row, int, json, optionalText, text } from "../file/rows.ts";

export interface SubjectSettings {
  readonly of: (key: SubjectKey) => Settings;
  /** Those of other versions than these, in their order. */
  unlike(versions: readonly SettingsVersion[]): readonly Settings[];
  put(settings: Settings): void;
  delete(key: SubjectKey): void;
  /** The user that a name stands for. */
  readonly userOf: (name: string) => string;
  /** The other names of a user. */
  aliasesOf(user: string): readonly string[];
  clear(): void;
}

/** How many are remembered between transactions. */
const MOST = 10_000;

export function subjectSettings(db: DatabaseSync): SubjectSettings {
  const one = db.prepare("SELECT * FROM settings WHERE scope = ? AND subject = ?");
  const any = db.prepare("SELECT 1 FROM settings LIMIT 1");
  const replace = db.prepare(
    `INSERT OR REPLACE INTO settings (scope, subject, version, limits, frozen, alias)
     VALUES (?, ?, ?, ?, ?, ?)`,
  );
  const remove = db.prepare("DELETE FROM settings WHERE scope = ? AND subject = ?");
  const aliases = db.prepare("SELECT subject FROM settings WHERE scope = 'user' AND alias = ?");
  /** By scope and subject; `undefined` until somebody asks after a change. */
  let known: Map<string, Settings> | "none" | undefined;

  function of(key: SubjectKey): Settings {
    const { scope, subject } = key;
    known ??= any.get() ? new Map<string, Settings>() : "none";
    if (known === "none") return { scope, subject, version: 0 };
    // No name has a control character.
    const name = `${scope}\n${subject}`;
    const found = known.get(name);
    if (found) return found;
    const row = one.get(scope, subject);
    const settings = row ? settingsOf(row) : { scope, subject, version: 0 };
    if (known.size >= MOST) known.clear();
    known.set(name, settings);
    return settings;
  }

  return {
    of,
    unlike: (versions) => {
      if (versions.every((asked) => of(asked).version === asked.version)) return [];
      return versions.filter((asked) => of(asked).version !== asked.version).map(of);
    },
    put: ({ scope, subject, version, limits, frozen, alias }) => {
      const said = limits === undefined ? null : JSON.stringify(limits);
      replace.run(scope, subject, version, said, frozen ? 1 : 0, alias ?? null);
      known = undefined;
    },
    delete: ({ scope, subject }) => {
      remove.run(scope, subject);
      known = undefined;
    },
    userOf: (name) => of({ scope: "user", subject: name }).alias ?? name,
    aliasesOf: (user) => aliases.all(user).map((row) => text(row, "subject")),
    clear: () => {
      known = undefined;
    },
  };
}

function settingsOf(row: Row): Settings {
  const alias = optionalText(row, "alias");
  return {
    scope: text(row, "scope"),
    subject: text(row, "subject"),
    version: int(row, "version"),
    ...(row["limits"] === null
      ? {}
      : { limits: json<NonNullable<Settings["limits"]>>(row, "limits") }),
    ...(int(row, "frozen") === 1 ? { frozen: true } : {}),
    ...(alias === undefined ? {} : { alias }),
  };
}
