/** What a run says: one line while it goes on, one when it is over. */
import { paint, print, say } from "../../examples/demo/print/screen.ts";
import { usd } from "./broken-rule.ts";
import type { Plan } from "./plan.ts";
import type { Standing } from "./standing.ts";

/** The codes by which a limit refuses. */
const REFUSED = /budget_exceeded|budget_in_flight|run_exceeds_budget|app_budget_exhausted/;

/** Where there is no terminal, a line now and then is enough. */
const PIPE_PAUSE_MS = 10_000;

export function progressLine(plan: Plan) {
  const { stderr } = process;
  let next = 0;
  return {
    show: (standing: Standing): void => {
      const { phase, ms, runs, kills, faults, restarts, spent, held } = standing;
      const time = `${Math.min(Math.floor(ms / 1000), plan.ms / 1000)}/${plan.ms / 1000} s`;
      const text = `${phase} ${time}  runs ${runs}  refusals ${refusals(standing)}  kills ${kills}  faults ${faults}  restarts ${restarts}  spent $${(spent / 1e9).toFixed(4)}  held $${(held / 1e9).toFixed(4)}`;
      if (stderr.isTTY) stderr.write(`\r\u001B[K  ${paint("dim", text)}`);
      else if (ms >= next) {
        next = ms + PIPE_PAUSE_MS;
        stderr.write(`  ${text}\n`);
      }
    },
    clear: (): void => {
      if (stderr.isTTY) stderr.write("\r\u001B[K");
    },
  };
}

/** What clients saw, and which limits refused. */
export function printSeen(standing: Standing): void {
  const { seen, refused, looks, kills, pauses, recoveries, said, books } = standing;
  say(`clients saw    ${list(seen)}`);
  say(`limits said no ${list(refused)}`);
  say(`operators said ${list(said)}`);
  say(`windows        looked at ${looks} times`);
  say(`processes      ${kills} killed, ${pauses} paused; recover() was called ${recoveries} times`);
  if (books) {
    const { reported, assumed, counted, corrected, recovered, billed, charged } = books;
    const how = `${reported} reported, ${assumed} assumed, ${counted} counted, ${corrected} corrected`;
    say(`steps          ${how}; ${recovered} were still open at the end`);
    say(`money          billed ${usd(billed)}, charged ${usd(charged)}`);
  }
  print();
}

/** The most frequent first. */
function list(counts: ReadonlyMap<string, number>): string {
  const sorted = [...counts].toSorted(([, a], [, b]) => b - a);
  return sorted.map(([name, count]) => `${name} ${count}`).join(", ");
}

export function printBroken({ broken }: Standing): void {
  for (const { rule, numbers } of broken.slice(0, 20))
    say(`${paint("red", `broken: ${rule}`)}  ${numbers}`);
  if (broken.length > 20) say(`and ${broken.length - 20} more`);
  if (broken.length > 0) print();
}

export function lastLine({ store, seed }: Plan, standing: Standing): string {
  const { runs, kills, acts, faults, restarts, maxOvershoot } = standing;
  return `store ${store}, seed ${seed}, runs ${runs}, refusals ${refusals(standing)}, kills ${kills}, acts ${acts}, faults ${faults}, restarts ${restarts}, max overshoot: ${usd(maxOvershoot)}`;
}

/** Answers that were refusals, and runs that a limit cut short. */
function refusals({ seen }: Standing): number {
  const counts = [...seen].map(([name, count]) => (REFUSED.test(name) ? count : 0));
  return counts.reduce((sum, count) => sum + count, 0);
}
