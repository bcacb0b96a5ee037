/** Who sent the request, from where a framework's sign-in puts it. Never from a header, a body or an address. */
import { type Subject, checkId } from "../subject.ts";

type Id = string | number | bigint;

/** What `identify` may give back: an id, or an object with one and the subjects of the app's own scopes. */
export type Identity = Id | { readonly id: Id; readonly [scope: string]: Id | null | undefined };

/** A signed-in user as a framework's own place has them. */
export interface Found {
  readonly id: string;
  /** Who vouches for the id: a token's `iss`. Only with it is a `sub` unlike all others. */
  readonly issuer: string | undefined;
}

/** The fields of a user that hold a lasting id, in the order in which they are tried. */
const ID_FIELDS = ["id", "userId", "sub", "uid", "oid", "_id"] as const;

/** From what `identify` gave back; nothing for nobody. @throws BudgetError `identity_required` for what is no id. */
export function subjectFrom(
  identity: Identity | null | undefined,
  by = "identify()",
): Subject | undefined {
  if (identity === undefined || identity === null || identity === "") return undefined;
  if (typeof identity !== "object") return { user: checkId(idText(identity), by) };
  const { id, ...scopes } = identity;
  const named = Object.entries(scopes).flatMap(([scope, value]) =>
    value === undefined
      ? []
      : [[scope, value === null ? null : checkId(idText(value), `${by}.${scope}`)] as const],
  );
  return { ...Object.fromEntries(named), user: checkId(idText(id), `${by}.id`) };
}

/** From the framework's own places, the first that holds a signed-in user. @throws BudgetError `identity_required` for what is no id. */
export function foundIn(slots: readonly unknown[]): Found | undefined {
  for (const slot of slots) {
    const found = userIn(slot);
    if (found) return { ...found, id: checkId(found.id, "the signed-in user's id") };
  }
  return undefined;
}

/** Signed-out objects are often truthy: only one with an id is somebody. */
function userIn(slot: unknown, depth = 0): { id: unknown; issuer: string | undefined } | undefined {
  const user: unknown = typeof slot === "function" ? called(slot) : slot;
  if (typeof user !== "object" || user === null || depth > 1) return undefined;
  if (isSignedOut(user)) return undefined;
  for (const field of ID_FIELDS) {
    const id = fieldOf(user, field);
    if (id !== undefined && id !== null && id !== "")
      return { id: idText(id), issuer: issuerOf(user) };
  }
  // A session that says whether somebody is signed in holds its user; a token its payload.
  return userIn(fieldOf(user, "isAuthenticated" in user ? "user" : "payload"), depth + 1);
}

function issuerOf(user: object): string | undefined {
  const issuer = fieldOf(user, "iss");
  return typeof issuer === "string" && issuer !== "" ? issuer : undefined;
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
