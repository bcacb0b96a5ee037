import type { RequestHandler } from "express";

/** Stands in for your sign-in, whichever it is: the budget takes the user from `req.user`. */
export const signIn: RequestHandler = (req, _res, next) => {
  Object.assign(req, { user: { id: "you" } });
  next();
};
