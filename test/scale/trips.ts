import type { MainWindow } from "./main-window.ts";
import type { Random } from "./random.ts";

export interface Trips extends MainWindow {
  readonly add: (count: number) => void;
  readonly count: () => number;
}

/** One answer in a hundred is lost on its way: then the same is asked again. */
const LOST = 0.01;

/** The way to the main store. */
export function tripsTo(main: MainWindow, random: Random): Trips {
  let count = 0;

  function trip<Answer>(ask: () => Answer): Answer {
    let answer = ask();
    count++;
    while (random() < LOST) {
      answer = ask();
      count++;
    }
    return answer;
  }

  return {
    reserve: (id, size) => trip(() => main.reserve(id, size)),
    settle: (id, amount, how) => trip(() => main.settle(id, amount, how)),
    add: (more) => (count += more),
    count: () => count,
  };
}
