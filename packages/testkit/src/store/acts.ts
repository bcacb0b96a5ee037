/** What operators say, as the suites write it down. */
import assert from "node:assert/strict";
import type {
  Act,
  ActLine,
  ActReply,
  Settings,
  SettingsVersion,
  Store,
  SubjectKey,
} from "@assistants-budget/core/store";

/** An act without what every act has. */
export type Saying = Act extends infer One
  ? One extends Act
    ? Omit<One, "id" | "by" | "why"> & { readonly id?: string }
    : never
  : never;

export const ALICE: SubjectKey = { scope: "user", subject: "alice" };
export const BOB: SubjectKey = { scope: "user", subject: "bob" };

let made = 0;

/** Under an id of its own, unless one is given. */
export function act(saying: Saying): Act {
  made += 1;
  return { id: `act-${made}`, by: "olga", why: "she was asked to", ...saying };
}

/** Says what must be done, and gives back its line. */
export async function say(store: Store, saying: Saying): Promise<ActLine> {
  return done(await store.act(act(saying))).line;
}

export function done(reply: ActReply): Extract<ActReply, { kind: "done" }> {
  assert.equal(reply.kind, "done");
  return reply;
}

/** Merges one user into another. */
export function merged(store: Store, subject: string, into: string): Promise<ActLine> {
  return say(store, { kind: "merge", scope: "user", subject, into });
}

export function forgotten(store: Store, subject: string, pseudonym: string): Promise<ActLine> {
  return say(store, { kind: "forget", scope: "user", subject, pseudonym });
}

export async function settingsOf(store: Store, key: SubjectKey): Promise<Settings> {
  const [settings] = await store.settings([key]);
  assert.ok(settings, "settings() answers for each subject asked for");
  return settings;
}

/** What somebody goes by who has just asked. */
export async function versionOf(store: Store, key: SubjectKey): Promise<SettingsVersion> {
  const { version } = await settingsOf(store, key);
  return { scope: key.scope, subject: key.subject, version };
}

/** What somebody goes by who knows of nothing that was said. */
export function unsaid(key: SubjectKey): SettingsVersion {
  return { scope: key.scope, subject: key.subject, version: 0 };
}
