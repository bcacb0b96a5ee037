import { createMiddleware } from "hono/factory";

/** Stands in for your sign-in, whichever it is: the budget takes the user from `c.get("user")`. */
export const signIn = createMiddleware<{ Variables: { user: { id: string } } }>(async (c, next) => {
  c.set("user", { id: "you" });
  await next();
});
