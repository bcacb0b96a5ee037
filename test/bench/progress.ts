/** A line that says what is being done, wherever that takes longer than two seconds. */
import { styleText } from "node:util";
import { clip } from "../../examples/demo/print/screen.ts";

const PATIENCE_MS = 2000;
const WIDTH = 76;

export interface Progress {
  tell(doing: string): void;
  /** Wipes the line, so that something else can be printed. */
  clear(): void;
  close(): void;
}

/** On a terminal one line that changes; elsewhere one each time that two seconds have gone by. */
export function progress(): Progress {
  const { stderr } = process;
  let doing = "";
  let isShown = false;
  const show = (): void => {
    const text = `… ${clip(doing, WIDTH).trimEnd()}`;
    stderr.write(stderr.isTTY ? `\r\u001B[K${styleText("dim", text)}` : `${text}\n`);
    isShown = true;
  };
  const clear = (): void => {
    if (isShown && stderr.isTTY) stderr.write("\r\u001B[K");
    isShown = false;
  };
  const timer = setInterval(() => doing && show(), PATIENCE_MS);
  timer.unref();
  return {
    tell: (what) => {
      doing = what;
      if (isShown && stderr.isTTY) show();
    },
    clear: () => {
      doing = "";
      clear();
    },
    close: () => {
      clear();
      clearInterval(timer);
    },
  };
}
