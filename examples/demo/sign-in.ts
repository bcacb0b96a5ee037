/**
 * The demo's sign-in: a signed cookie that says who is here. It asks for no password, because the
 * two people are made up; where yours asks for one, the rest stays as it is. Who the user is comes
 * from the session, never from a header or from the body of a chat request.
 */
import { randomBytes } from "node:crypto";
import cookieSession from "cookie-session";
import { type Request, type RequestHandler, type Router, Router as router } from "express";

/** The people who can sign in, by their id. */
export const PEOPLE: Readonly<Record<string, string>> = { alice: "Alice", bob: "Bob" };

/** Puts the session on the request. The key is new at each start, so old cookies are nobody's. */
export const session: RequestHandler = cookieSession({
  name: "demo_session",
  keys: [randomBytes(32).toString("hex")],
  httpOnly: true,
  sameSite: "strict",
});

/** The signed-in user's id, if there is one. */
export function signedIn(req: Request): string | undefined {
  const user: unknown = req.session?.["user"];
  return typeof user === "string" ? user : undefined;
}

/**
 * `POST /session` signs in, `GET /session` says who is.
 *
 * @param first Who a visitor without a session is taken for.
 */
export function signIn(first: string): Router {
  const people = Object.entries(PEOPLE).map(([id, name]) => ({ id, name }));
  const routes = router();
  routes.get("/session", (req, res) => {
    const user = signedIn(req) ?? first;
    req.session = { user };
    res.set("Cache-Control", "no-store").json({ user, people });
  });
  routes.post("/session", (req, res) => {
    const user: unknown = req.body?.user;
    if (typeof user === "string" && Object.hasOwn(PEOPLE, user)) {
      req.session = { user };
      res.sendStatus(204);
      return;
    }
    res.status(400).json({ detail: "There is no such person in this demo." });
  });
  return routes;
}
