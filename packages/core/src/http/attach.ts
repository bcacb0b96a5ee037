/** `request.assistants`, at next to no cost for the requests that never use it. */
import type { Assistants } from "../assistants-of.ts";

const OPEN = Symbol.for("assistants-budget.open");
const OPENED = Symbol.for("assistants-budget.opened");

type Open<Request> = (request: Request) => Assistants;

/** Whose `assistants` is: of several budgets the one that was mounted last before the route. */
interface Attached {
  [OPEN]?: Open<unknown>;
  [OPENED]?: { readonly by: Open<unknown>; readonly assistants: Assistants };
}

/**
 * Gives a request its `assistants`, opened where it is first asked for.
 *
 * @returns `'same'` where it had them already, `'over'` where it had those of another budget
 */
export function attach<Request extends object>(
  request: Request,
  open: Open<Request>,
): "new" | "same" | "over" {
  const own: Attached = request;
  const before = own[OPEN];
  if (before === open) return "same";
  // Called with this request alone.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  own[OPEN] = open as Open<unknown>;
  if (!Reflect.has(request, "assistants"))
    Object.defineProperty(Object.getPrototypeOf(request), "assistants", OWN);
  return before ? "over" : "new";
}

/** One getter for all requests of an app: a property of each would cost every request, used or not. */
const OWN: PropertyDescriptor & ThisType<Attached> = {
  configurable: true,
  get() {
    const by = this[OPEN];
    if (by && this[OPENED]?.by !== by) this[OPENED] = { by, assistants: by(this) };
    return this[OPENED]?.assistants;
  },
};
