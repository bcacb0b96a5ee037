import type { Settings, SubjectKey } from "@assistants-budget/core/store";
/** What operators have said of subjects, as it is kept. */
import { own } from "./replies.ts";

/** Settings as a script answers them; 0 where nobody has said anything. */
export function settingsOf({ scope, subject }: SubjectKey, said: unknown): Settings {
  if (said === 0) return { scope, subject, version: 0 };
  return { scope, subject, ...own<Omit<Settings, "scope" | "subject">>(said) };
}
