/** An OpenAI client as the budget shows it: methods by name, each counted, free or refused. */
import type { OpenAI } from "openai";
import type { BudgetError } from "../errors.ts";
import { FREE_METHODS, METERED_METHODS, isWaived, reasonFor } from "./method-names.ts";
import { notMetered } from "./refusals.ts";

export interface SurfaceOptions {
  /** The app's own client, for what is waived. */
  readonly own: OpenAI;
  readonly waive: readonly string[];
  /** Told of each call that passes the budget by. */
  readonly waived: (method: string) => void;
  /** Told of each refusal; gives back what is thrown. */
  readonly refused: (error: BudgetError) => BudgetError;
}

/** What can be read of a client beside its methods. Not its key: other clients could be made of it. */
const SHOWN: ReadonlySet<string> = new Set([
  "baseURL",
  "timeout",
  "maxRetries",
  "logLevel",
  "organization",
  "project",
]);

/** What every object has, and needs to be looked at. */
const OF_OBJECTS: ReadonlySet<PropertyKey> = new Set(Object.getOwnPropertyNames(Object.prototype));

type Method = (...args: unknown[]) => unknown;

export function surfaceOf(metered: OpenAI, options: SurfaceOptions): OpenAI {
  const { own, waive, waived, refused } = options;

  function show<T extends object>(target: T, mine: object | undefined, path: string): T {
    const shown = new Map<string, unknown>();
    const valueOf = (key: PropertyKey): unknown => {
      if (typeof key !== "string" || OF_OBJECTS.has(key)) return Reflect.get(target, key);
      if (!shown.has(key)) shown.set(key, member(target, mine, { path, key }));
      // Plain values are read anew: an app may change them on its own client.
      const found = shown.get(key);
      return found === PLAIN ? Reflect.get(target, key) : found;
    };
    return new Proxy(target, {
      get: (_, key) => valueOf(key),
      getOwnPropertyDescriptor: (_, key) => {
        const found = Reflect.getOwnPropertyDescriptor(target, key);
        const value = found && valueOf(key);
        return value === undefined ? undefined : { ...found, value };
      },
      set: (_, key) => refuseChange(path, key),
      defineProperty: (_, key) => refuseChange(path, key),
      deleteProperty: (_, key) => refuseChange(path, key),
      setPrototypeOf: () => refuseChange(path, "prototype"),
    });
  }

  function member(
    target: object,
    mine: object | undefined,
    { path, key }: { readonly path: string; readonly key: string },
  ): unknown {
    const value: unknown = Reflect.get(target, key);
    const ownValue: unknown = mine && Reflect.get(mine, key);
    const name = path === "" ? key : `${path}.${key}`;
    if (typeof value === "function")
      return method(asMethod(value), target, { name, mine, ownValue });
    if (isResource(value)) return show(value, isResource(ownValue) ? ownValue : undefined, name);
    return path === "" && SHOWN.has(key) ? PLAIN : undefined;
  }

  function method(
    call: Method,
    target: object,
    { name, mine, ownValue }: { name: string; mine: object | undefined; ownValue: unknown },
  ): Method {
    if (METERED_METHODS.has(name) || FREE_METHODS.has(name))
      return (...args) => Reflect.apply(call, target, args);
    if (isWaived(name, waive) && mine && typeof ownValue === "function")
      return (...args) => {
        waived(name);
        return Reflect.apply(asMethod(ownValue), mine, args);
      };
    return () => {
      throw refused(methodRefused(name));
    };
  }

  function refuseChange(path: string, key: PropertyKey): never {
    const name = path === "" ? String(key) : `${path}.${String(key)}`;
    throw refused(
      notMetered(`client.${name} can't be changed`, {
        why: "the client is the budget's view of yours",
        wayOut: "Change it on your own client, before it is given to the budget.",
      }),
    );
  }

  return show(metered, own, "");
}

/** A member that is shown as it is. */
const PLAIN: unique symbol = Symbol("plain");

function methodRefused(name: string): BudgetError {
  return notMetered(`client.${name}() is not let through`, {
    why: reasonFor(name),
    wayOut: `\`waive: ['${name}']\` in the budget's options lets it pass the budget by, uncounted.`,
  });
}

/** Resources of the SDK know their client. */
function isResource(value: unknown): value is object {
  return typeof value === "object" && value !== null && "_client" in value;
}

function asMethod(value: Function): Method {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- whatever it takes, its caller gives
  return value as Method;
}
