/** Preloaded into each app process: its calendar clock is hours off, and nothing may depend on it. */
const hours = Number(process.env["CHAOS_CLOCK_HOURS"] ?? 0);
const RealDate = Date;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [skewed()] : args, newTarget),
  apply: () => new RealDate(skewed()).toString(),
  get: (target, name, receiver) => (name === "now" ? skewed : Reflect.get(target, name, receiver)),
});

function skewed(): number {
  return RealDate.now() + hours * 3_600_000;
}
