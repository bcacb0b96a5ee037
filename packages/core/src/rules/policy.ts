import { type Limit, periodKey } from "./limits.ts";

/** What applies to a request. Every part may be left out; an absent cap caps nothing. */
export interface Policy {
  /** Limits by scope: `run`, `thread`, `user`, `app`, `route`, or one of the app's own. */
  readonly limits: Readonly<Record<string, readonly Limit[]>>;
  /** The model that steps go to. */
  readonly model?: string;
  /** The models that may be used at all. */
  readonly models?: readonly string[];
  /** Steps a run. */
  readonly maxSteps?: number;
  /** Tokens that one step may send. */
  readonly maxContextTokens?: number;
  /** Prompt tokens of a run, summed over its steps. */
  readonly maxPromptTokens?: number;
  /** Completion tokens of a run, summed over its steps. */
  readonly maxCompletionTokens?: number;
  /** Output tokens of one step. */
  readonly maxOutputTokens?: number;
  /** Milliseconds from a run's start to its end. */
  readonly deadlineMs?: number;
  /** The route's name, which a `route` limit counts under. */
  readonly name?: string;
  /** Whether it may raise what holds outside. */
  readonly override?: boolean;
}

const CAPS = [
  "maxSteps",
  "maxContextTokens",
  "maxPromptTokens",
  "maxCompletionTokens",
  "maxOutputTokens",
  "deadlineMs",
] as const;

type Caps = { [Name in (typeof CAPS)[number]]?: number };
type Choose<Value> = (outer: Value, inner: Value) => Value;

/** Limits by unit and period; where a policy states one twice, the lower holds. */
function byWindow(limits: readonly Limit[]): Map<string, Limit> {
  const once = new Map<string, Limit>();
  for (const limit of limits) {
    const key = `${limit.unit} ${periodKey(limit.period)}`;
    once.set(key, lower(once.get(key) ?? limit, limit));
  }
  return once;
}

function mergeLimits(outer: Policy, inner: Policy, choose: Choose<Limit>): Policy["limits"] {
  const scopes = new Map(
    Object.entries(outer.limits).map(([scope, limits]) => [scope, byWindow(limits)]),
  );
  for (const [scope, limits] of Object.entries(inner.limits)) {
    const merged = scopes.get(scope) ?? new Map<string, Limit>();
    for (const [key, near] of byWindow(limits)) {
      const far = merged.get(key);
      merged.set(key, far ? choose(far, near) : near);
    }
    scopes.set(scope, merged);
  }
  return Object.fromEntries([...scopes].map(([scope, limits]) => [scope, [...limits.values()]]));
}

function lower(outer: Limit, inner: Limit): Limit {
  return inner.amount < outer.amount ? inner : outer;
}

function mergeCaps(outer: Policy, inner: Policy, choose: Choose<number>): Caps {
  const caps: Caps = {};
  for (const name of CAPS) {
    const [far, near] = [outer[name], inner[name]];
    const cap = far !== undefined && near !== undefined ? choose(far, near) : (near ?? far);
    if (cap !== undefined) {
      caps[name] = cap;
    }
  }
  return caps;
}

function mergeModels(
  outer: Policy,
  inner: Policy,
  choose: Choose<readonly string[]>,
): Pick<Policy, "model" | "models" | "name"> {
  const model = inner.model ?? outer.model;
  const name = inner.name ?? outer.name;
  const models =
    outer.models && inner.models
      ? choose(outer.models, inner.models)
      : (inner.models ?? outer.models);
  return {
    ...(model !== undefined && { model }),
    ...(models !== undefined && { models }),
    ...(name !== undefined && { name }),
  };
}

/**
 * Adds an inner policy to an outer one so that nothing is raised: of two limits of a scope with the
 * same unit and period the lower holds, limits and scopes that only one has are kept, of two caps
 * the lower holds, and of two lists of models what both allow. `model` and `name` are the inner's.
 */
export function narrow(outer: Policy, inner: Policy): Policy {
  return {
    limits: mergeLimits(outer, inner, lower),
    ...mergeModels(outer, inner, (far, near) => far.filter((model) => near.includes(model))),
    ...mergeCaps(outer, inner, Math.min),
  };
}

/**
 * Puts an inner policy over an outer one, which may raise: limits of the same scope, unit and
 * period are replaced, as are caps and models; what the inner policy does not name stays.
 */
export function override(outer: Policy, inner: Policy): Policy {
  return {
    limits: mergeLimits(outer, inner, (_far, near) => near),
    ...mergeModels(outer, inner, (_far, near) => near),
    ...mergeCaps(outer, inner, (_far, near) => near),
  };
}

/** Puts an inner policy within an outer one: it narrows, unless it says that it overrides. */
export function within(outer: Policy, inner: Policy): Policy {
  return inner.override ? override(outer, inner) : narrow(outer, inner);
}
