/** Writing for an 80-column terminal: text, headings, and pauses where somebody is watching. */
import { setTimeout as sleep } from "node:timers/promises";
import { styleText } from "node:util";
import wrapAnsi from "wrap-ansi";

/** The widest line that is printed. */
export const WIDTH = 78;
const INDENT = 2;

type Style = Parameters<typeof styleText>[0];

/** Colour where the terminal has it; plain text in a pipe and under NO_COLOR. */
export function paint(style: Style, text: string): string {
  return styleText(style, text);
}

export function print(text = ""): void {
  console.log(text);
}

/** Running text, wrapped and indented. */
export function say(text: string, style?: Style): void {
  const lines = wrapAnsi(text, WIDTH - INDENT, { hard: true }).split("\n");
  for (const line of lines) print(" ".repeat(INDENT) + (style ? paint(style, line) : line));
}

export function heading(title: string): void {
  print();
  print(`${paint("cyan", "━━")} ${paint("bold", title)}`);
  print();
}

/** Cut to a width, with a mark where something was left out. */
export function clip(text: string, width: number): string {
  const flat = text.replaceAll(/\s+/g, " ");
  return flat.length <= width ? flat.padEnd(width) : `${flat.slice(0, width - 1).trimEnd()}…`;
}

/** Time to read, for people only. */
export async function beat(ms: number): Promise<void> {
  if (process.stdout.isTTY) await sleep(ms);
}

/** A reader that has seen enough, such as `head`, is no error. */
export function stopAtClosedPipe(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
}
