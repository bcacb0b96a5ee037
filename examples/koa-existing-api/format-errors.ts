import type { Middleware } from "koa";

/** What middleware may throw: Koa's own errors have all of it. */
interface Thrown {
  readonly status?: number;
  readonly expose?: boolean;
  readonly message: string;
}

/** All errors of this API look alike: `{ "error": { "status": 404, "message": "…" } }`. */
export const formatErrors: Middleware = async (ctx, next) => {
  try {
    await next();
    if (ctx.status === 404 && ctx.body === undefined) ctx.throw(404, "No such address");
  } catch (error) {
    const { status = 500, expose, message } = error as Thrown;
    ctx.status = status;
    ctx.body = { error: { status, message: expose ? message : "Something went wrong" } };
    if (status >= 500) ctx.app.emit("error", error, ctx);
  }
};
