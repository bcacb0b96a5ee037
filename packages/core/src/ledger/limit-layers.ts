/** Limits in layers: the app's, an operator's over them, and within those what routes and calls say. */
import { type Policy, narrow, override } from "../rules/index.ts";

type Limits = Policy["limits"];

/** Where a step's limits come from. */
export interface LimitLayers {
  readonly app: Limits;
  /** Of routes and calls, from the outermost to the innermost: each lowers, unless it says that it overrides. */
  readonly inner: readonly Pick<Policy, "limits" | "override">[];
}

/** Where they are asked anew before each reserve: a function of the app's own may have changed its mind. */
export type LimitsSource = () => LimitLayers | Promise<LimitLayers>;

/** What operators have set for the subjects of a step, by scope. */
export type OperatorLimits = Readonly<Record<string, Limits[string] | "unlimited">>;

export interface LimitsInForce {
  readonly limits: Limits;
  /** Before routes and calls lowered them. */
  readonly caps: Limits;
}

/**
 * An operator's limits take the place of the app's of the same unit and period, and may raise them.
 * What an operator has set for somebody, no route raises.
 */
export function limitsInForce(layers: LimitLayers, operator: OperatorLimits): LimitsInForce {
  const set = Object.entries(operator);
  const lifted = new Set(set.flatMap(([scope, limits]) => (limits === "unlimited" ? [scope] : [])));
  const own = Object.fromEntries(
    set.flatMap(([scope, limits]) => (limits === "unlimited" ? [] : [[scope, limits] as const])),
  );
  const app = Object.fromEntries(
    Object.entries(layers.app).filter(([scope]) => !lifted.has(scope)),
  );
  const caps = set.length === 0 ? layers.app : override({ limits: app }, { limits: own }).limits;
  const inner = layers.inner.reduce<Policy>(
    (outer, layer) =>
      layer.override ? narrow(override(outer, layer), { limits: own }) : narrow(outer, layer),
    { limits: caps },
  );
  return { limits: inner.limits, caps };
}
