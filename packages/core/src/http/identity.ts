/** Who sent the request, from where a framework's sign-in puts it. Never from a header, a body or an address. */
import { type Subject, checkId } from "../subject.ts";

type Id = string | number | bigint;

/** What `identify` may give back: an id, or an object with one and the subjects of the app's own scopes. */
export type Identity = Id | { readonly id: Id; readonly [scope: string]: Id | null | undefined };

/** The fields of a user that hold a lasting id, in the order in which they are tried. */
const ID_FIELDS = ["id", "userId", "sub", "uid", "oid", "_id"] as const;

/** From what `identify` gave back; nothing for nobody. @throws BudgetError `identity_required` for what is no id. */
export function subjectFrom(identity: Identity | null | undefined): Subject | undefined {
  if (identity === undefined || identity === null || identity === "") return undefined;
  if (typeof identity !== "object") return { user: checkId(idText(identity), "identify()") };
  const { id, ...scopes } = identity;
  const named = Object.entries(scopes).flatMap(([scope, value]) =>
    value === undefined
      ? []
      : [[scope, value === null ? null : checkId(idText(value), `identify().${scope}`)] as const],
  );
  return { ...Object.fromEntries(named), user: checkId(idText(id), "identify().id") };
}

/** From the framework's own places, the first that holds a signed-in user. */
export function subjectIn(slots: readonly unknown[]): Subject | undefined {
  for (const slot of slots) {
    const id = idIn(slot);
    if (id !== undefined) return { user: checkId(id, "the signed-in user's id") };
  }
  return undefined;
}

/** Signed-out objects are often truthy: only one with an id is somebody. */
function idIn(slot: unknown, depth = 0): unknown {
  const user: unknown = typeof slot === "function" ? called(slot) : slot;
  if (typeof user !== "object" || user === null || depth > 1) return undefined;
  if (isSignedOut(user)) return undefined;
  for (const field of ID_FIELDS) {
    const id = fieldOf(user, field);
    if (id !== undefined && id !== null && id !== "") return idText(id);
  }
  // A session that says whether somebody is signed in holds its user; a token its payload.
  return idIn(fieldOf(user, "isAuthenticated" in user ? "user" : "payload"), depth + 1);
}

function isSignedOut(user: object): boolean {
  const said: unknown = Reflect.get(user, "isAuthenticated");
  return (typeof said === "function" ? Reflect.apply(said, user, []) : said) === false;
}

/** Some libraries put a function there that gives the user; what can't be called gives nobody. */
function called(slot: Function): unknown {
  try {
    return Reflect.apply(slot, undefined, []);
  } catch {
    return undefined;
  }
}

/** What a polluted `Object.prototype` says of everybody is nobody's id. */
function fieldOf(user: object, field: string): unknown {
  const value: unknown = Reflect.get(user, field);
  return Object.hasOwn(Object.prototype, field) ? undefined : value;
}

/** A number and its text are one user; an ObjectId is its text; what is neither is left for the check to refuse. */
function idText(value: unknown): unknown {
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return value;
  const toHex: unknown = Reflect.get(value, "toHexString");
  return typeof toHex === "function" ? Reflect.apply(toHex, value, []) : value;
}
