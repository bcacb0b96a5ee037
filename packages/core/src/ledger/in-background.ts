/** Timers for which no process is kept alive. */

/** Where timers are numbers, as in workers and browsers, nothing is kept alive by them. */
export function inBackground(timer: object | number): void {
  if (typeof timer === "object" && "unref" in timer && typeof timer.unref === "function")
    timer.unref();
}
