/** Settings as the store's own functions take and tell them. */
import type { Settings, SubjectKey } from "@assistants-budget/core/store";
import { json } from "./replies.ts";

export type SettingsReply = readonly [
  version: number,
  limits: string | null,
  frozen: boolean,
  alias: string | null,
];

/** No name has a line break in it. */
export function keyOf({ scope, subject }: SubjectKey): string {
  return `${scope}\n${subject}`;
}

export function settingsOf({ scope, subject }: SubjectKey, reply: SettingsReply | null): Settings {
  if (reply === null) return { scope, subject, version: 0 };
  const [version, limits, frozen, alias] = reply;
  return {
    scope,
    subject,
    version,
    ...(limits === null ? {} : { limits: json<NonNullable<Settings["limits"]>>(limits) }),
    ...(frozen ? { frozen } : {}),
    ...(alias === null ? {} : { alias }),
  };
}
