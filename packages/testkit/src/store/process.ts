/** A process as a random order of commands knows it: it has limits, and goes by the settings that it has heard of. */
import type { Settings, SettingsVersion, WindowAt } from "@assistants-budget/core/store";
import { unsaid } from "./acts.ts";
import { HOUR, day, hour, lifetime, rolling } from "./requests.ts";

/** A window and the amount that applies to it; null is unlimited. */
interface Limited {
  readonly at: WindowAt;
  readonly limit: number | null;
}

export interface Process {
  /** The user that a name stands for. */
  userOf(name: string): string;
  isFrozen(user: string): boolean;
  /** What it names when it asks for a user. */
  versions(name: string): readonly SettingsVersion[];
  learn(settings: readonly Settings[]): void;
  /** Whoever asks moves from time zone to time zone: `turn` tells which. */
  windowsOf(user: string, turn: number): readonly Limited[];
}

/** The windows of a user and of a tenant to which all users belong. */
export function processOf(now: () => number, tenant: string): Process {
  const known = new Map<string, Settings>();
  const settingsOf = (subject: string): Settings =>
    known.get(subject) ?? unsaid({ scope: "user", subject });

  return {
    userOf: (name) => settingsOf(name).alias ?? name,
    isFrozen: (user) => settingsOf(user).frozen === true,
    versions: (name) => {
      const { alias } = settingsOf(name);
      return [name, ...(alias === undefined ? [] : [alias])].map((subject) => ({
        scope: "user",
        subject,
        version: settingsOf(subject).version,
      }));
    },
    learn: (settings) => {
      for (const one of settings) known.set(one.subject, one);
    },
    windowsOf: (user, turn) => {
      const { limits } = settingsOf(user);
      const percent = limits === undefined || limits === "unlimited" ? 100 : Number(limits[0]);
      const own = (amount: number) =>
        limits === "unlimited" ? null : Math.floor((amount * percent) / 100);
      const [at, ofTenant] = [{ at: now() }, { scope: "tenant", subject: tenant }];
      return [
        { at: day({ subject: user, zone: (turn % 3) * 5, ...at }), limit: own(500) },
        { at: rolling(HOUR, { subject: user }), limit: own(300) },
        { at: hour({ ...ofTenant, ...at }), limit: 400 },
        { at: lifetime({ subject: user, unit: "tokens" }), limit: own(600) },
        { at: day({ ...ofTenant, unit: "runs", ...at }), limit: 9 },
      ];
    },
  };
}
