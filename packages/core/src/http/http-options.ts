/** What an adapter's options add to the budget's own. */
import { z } from "zod";
import { firstIssue, invalidOptions } from "../invalid-options.ts";
import type { Balance } from "../ledger/index.ts";
import type { BudgetOptions } from "../options.ts";
import { BUILT_IN } from "../subject.ts";
import type { HeadersOption } from "./budget-headers.ts";
import type { Identity } from "./identity.ts";

type Asked<Request> = (
  request: Request,
) => Identity | null | undefined | Promise<Identity | null | undefined>;

/** The options of every adapter; `Request` is the framework's own. */
export interface HttpOptions<Request> extends BudgetOptions {
  /**
   * Who sent the request. Default: the place where the framework's sign-in puts its user.
   * Never trust anything that the client can set.
   */
  readonly identify?: Asked<Request>;
  /**
   * What becomes of those who are not signed in. Default `'deny'`: 401. `'shared'`: all of them have
   * one budget, the user `anonymous`. A function names them apart, such as by a session's id; their
   * users begin with `anonymous:`, so that none of them can be one who is signed in.
   */
  readonly anonymous?: "deny" | "shared" | Asked<Request>;
  /** True where users of several issuers sign in: they are then counted by `iss|sub`. Default false. */
  readonly issuerQualified?: boolean;
  /** Whether responses tell how the caller's budget stands, in `Budget-*` headers. Default false. */
  readonly headers?: HeadersOption;
  /**
   * Told after a run that has left one of the caller's own windows used by `warnAt` or more: while the
   * response can still say so. `thresholds` tell the operator, once a window.
   */
  readonly onWarning?: (balance: Balance, request: Request) => void;
  /** Part of a limit from which on `onWarning` is told. Default 0.8. */
  readonly warnAt?: number;
}

/** Checks what is an adapter's, and gives what is the budget's. @throws BudgetError `invalid_options` */
export function budgetOptions<Request>(options: HttpOptions<Request>): BudgetOptions {
  const { identify, anonymous, issuerQualified, headers, onWarning, warnAt, ...rest } = options;
  const own = { identify, anonymous, issuerQualified, headers, onWarning, warnAt };
  const parsed = shape.safeParse(own);
  if (!parsed.success) throw firstIssue(parsed.error, own);
  if (!identify && typeof anonymous !== "function") checkScopes(rest.limits);
  return rest;
}

/** Without `identify` a request names its user and nothing else: each would be refused. */
function checkScopes(limits: BudgetOptions["limits"]): void {
  if (typeof limits !== "object") return;
  for (const [scope, stated] of Object.entries(limits)) {
    if (stated === undefined || stated === "unlimited") continue;
    if (scope === "user" || BUILT_IN.has(scope)) continue;
    throw invalidOptions(
      `limits.${scope}: no request has a ${scope} to count by. Let \`identify\` return { id, ${scope} }, or correct the scope's name; ours are run, thread, user, app and route.`,
    );
  }
}

const isFunction = (value: unknown): boolean => typeof value === "function";

const shape = z.strictObject({
  identify: z.custom<object>(isFunction, "a function of the request").optional(),
  anonymous: z
    .union([
      z.enum(["deny", "shared"]),
      z.custom<object>(isFunction, "'deny', 'shared', or a function of the request"),
    ])
    .optional(),
  issuerQualified: z.boolean().optional(),
  headers: z.union([z.literal(false), z.enum(["percent", "amounts"])]).optional(),
  onWarning: z.custom<object>(isFunction, "a function of a balance and the request").optional(),
  warnAt: z.number().gt(0).max(1).optional(),
});
