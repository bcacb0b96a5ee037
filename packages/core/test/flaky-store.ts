import { type Store, memory } from "../src/index.ts";

/** A store whose methods fail as they are told: so many times, before or after doing their work. */
export function flaky() {
  const inner = memory();
  const left = new Map<keyof Store, { times: number; after: boolean }>();
  const fail = (name: keyof Store, times = Infinity, after = false) =>
    void left.set(name, { times, after });
  const store = new Proxy(inner, {
    get: (target, name: keyof Store) => {
      const method = Reflect.get(target, name) as unknown;
      if (typeof method !== "function") return method;
      return async (...args: readonly unknown[]): Promise<unknown> => {
        const order = left.get(name);
        const fails = order !== undefined && order.times > 0;
        if (fails) order.times -= 1;
        if (fails && !order.after) throw new Error("ECONNRESET");
        const reply: unknown = await Reflect.apply(method, target, args);
        if (fails) throw new Error("ECONNRESET");
        return reply;
      };
    },
  });
  /** Everything fails until it is mended. */
  const away = () => {
    for (const [name, method] of Object.entries(inner))
      if (typeof method === "function" && name !== "close") fail(name as keyof Store);
  };
  return { store, fail, away, mend: () => left.clear() };
}
