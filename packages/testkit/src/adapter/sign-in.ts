/** The sign-in of every app in the suite: a session that only it can read. */

/** Names no user, and is nothing that a library would look for. */
export const SESSION_HEADER = "x-test-session";

/** What lies where the framework puts its user, by session. */
const SESSIONS: Readonly<Record<string, unknown>> = {
  "session of alice": { id: "alice" },
  "session of bob": { id: "bob" },
  "session of 42": { id: 42 },
  "session of 42 as text": { id: "42" },
  "session of 42 as bigint": { id: 42n },
  "session of carol at a": { sub: "carol", iss: "https://a.example" },
  "session of carol at b": { sub: "carol", iss: "https://b.example" },
  "session of carol at a, with a bar": { sub: "a|carol", iss: "https://a.example" },
  "session of carol at a bar": { sub: "carol", iss: "https://a.example|a" },
  "session of carol at no issuer": { id: "https://a.example|carol" },
  "session of the anonymous": { id: "anonymous" },
  "session of an anonymous": { id: "anonymous:s1" },
  "session of an empty user": {},
  "session of an e-mail": { email: "alice@example.com", name: "alice" },
  "session of a name": "alice",
  "session of a class": class User {},
  "session of a query": { id: { $gt: "" } },
  "session of a list": { id: ["alice"] },
  "session of a long id": { id: "x".repeat(10_240) },
  "session of the text undefined": { id: "undefined" },
  "session of an id that is empty": { id: "" },
  "session of control characters": { id: "alice\u0000bob" },
};

/** Sessions of somebody who can't be told from anybody else. */
export const NOBODIES: readonly string[] = Object.keys(SESSIONS).filter(
  (session) => !/ (alice|bob|42.*|carol .*|the anonymous|an anonymous)$/.test(session),
);

export function signIn(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): unknown {
  const session = headers[SESSION_HEADER];
  return typeof session === "string" ? SESSIONS[session] : undefined;
}
