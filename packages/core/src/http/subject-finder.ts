/** Whose budget a request is under: looked up at each use, and "nobody" is never remembered. */
import { BudgetError } from "../errors.ts";
import type { Subject } from "../subject.ts";
import type { HttpOptions } from "./http-options.ts";
import { type Found, foundIn, subjectFrom } from "./identity.ts";
import type { WarnOnce } from "./warn-once.ts";

/** The user of everybody who is not signed in; with a function, the beginning of theirs. */
const ANONYMOUS = "anonymous";

/** So many requests without anybody, and something is wrong with the mounting. */
const NOBODY_AT_ALL = 20;

/**
 * @param at Where it is asked: in the app's own handler, or before it.
 * @throws BudgetError `identity_required`
 */
type FindSubject<Request> = (request: Request, at?: "handler" | "before") => Promise<Subject>;

export function subjectFinder<Request>(
  { identify, anonymous = "deny", issuerQualified = false }: HttpOptions<Request>,
  slots: (request: Request) => readonly unknown[],
  warn: WarnOnce,
): FindSubject<Request> {
  const nobodies = { handler: 0, before: 0 };
  const isAnybodySeen = { handler: false, before: false };
  let firstIssuer: string | undefined;

  /** Two issuers may give the same `sub` to two people. */
  function userOf({ id, issuer }: Found): string {
    if (issuerQualified) return qualified(id, issuer);
    if (issuer === undefined) return id;
    firstIssuer ??= issuer;
    if (issuer !== firstIssuer)
      warn(
        "ERR_AB_SECOND_ISSUER",
        "users of a second issuer (`iss`) have signed in; where both give the same `sub`, two people share one budget. Set `issuerQualified: true`, or let `identify` name them apart.",
      );
    return id;
  }

  async function signedIn(request: Request): Promise<Subject | undefined> {
    if (identify) return subjectFrom(await identify(request));
    const found = foundIn(slots(request));
    return found && { user: userOf(found) };
  }

  async function unknown(request: Request): Promise<Subject | undefined> {
    if (anonymous === "deny") return undefined;
    if (anonymous === "shared") return { user: ANONYMOUS };
    const subject = subjectFrom(await anonymous(request), "anonymous()");
    return subject && { ...subject, user: `${ANONYMOUS}:${subject.user}` };
  }

  /** Where users are seen in handlers, and before them never, the sign-in comes between the two. */
  function tell(at: "handler" | "before"): void {
    if (at === "before" && isAnybodySeen.handler)
      warn(
        "ERR_AB_MOUNTED_BEFORE_SIGN_IN",
        `${NOBODY_AT_ALL} requests have come to a \`guard()\` or to \`balances()\`, and nobody was signed in on any of them, though users are seen elsewhere. Mount the sign-in before them.`,
      );
    else
      warn(
        "ERR_AB_NO_IDENTITY_SEEN",
        `${NOBODY_AT_ALL} requests have asked for assistants, and nobody was signed in on any of them. Mount the sign-in before the routes, or give \`identify\` a function that returns the user's id.`,
      );
  }

  return async (request, at = "handler") => {
    const subject = await signedIn(request);
    if (subject) {
      isAnybodySeen[at] = true;
      if (anonymous !== "deny" && isTaken(subject.user)) throw taken();
      return subject;
    }
    const nobody = await unknown(request);
    if (nobody) return nobody;
    if (!isAnybodySeen[at] && ++nobodies[at] >= NOBODY_AT_ALL) tell(at);
    throw nobodyThere();
  };
}

/** No two pairs give one text, and none that of an id without an issuer. */
function qualified(id: string, issuer: string | undefined): string {
  if (issuer === undefined) return id.includes("|") ? `|${id}` : id;
  return `${issuer.replaceAll("%", "%25").replaceAll("|", "%7C")}|${id}`;
}

/** A signed-in user of that name would share, or take, what others spend. */
function isTaken(user: string): boolean {
  return user === ANONYMOUS || user.startsWith(`${ANONYMOUS}:`);
}

function taken(): BudgetError {
  return new BudgetError("identity_required", {
    message: `the signed-in user's id is ${ANONYMOUS}, or begins with ${ANONYMOUS}:, which is kept for those who are not signed in. Let \`identify\` return another one.`,
    detail: "Sign in to use this.",
  });
}

function nobodyThere(): BudgetError {
  return new BudgetError("identity_required", {
    message:
      "No user was found on the request. Mount the sign-in before the route, or give `identify` a function that returns the user's id.",
    detail: "Sign in to use this.",
  });
}
