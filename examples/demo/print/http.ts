/** An HTTP answer as it came over the wire, with its JSON laid out to be read. */
import wrapAnsi from "wrap-ansi";
import type { Reply } from "../shopper.ts";
import { WIDTH, paint, print } from "./screen.ts";

/** Headers of the connection, which say nothing about the answer. */
const OF_THE_CONNECTION: ReadonlySet<string> = new Set(["connection", "keep-alive"]);

export function printReply({ status, statusText, headers, body }: Reply): void {
  print(`  ${paint(["bold", "yellow"], `HTTP/1.1 ${status} ${statusText}`)}`);
  for (const [name, value] of headers) {
    if (!OF_THE_CONNECTION.has(name)) print(`  ${paint("dim", `${titled(name)}:`)} ${value}`);
  }
  print();
  for (const line of JSON.stringify(body, null, 2).split("\n")) printJsonLine(line);
}

/** A long text goes on in the next line, under its own beginning. */
function printJsonLine(line: string): void {
  const [, indent = "", rest = ""] = /^(\s*)(.*)$/.exec(line) ?? [];
  const [first = "", ...more] = wrapAnsi(rest, WIDTH - 6 - indent.length).split("\n");
  print(`  ${indent}${first.replace(/^"[^"]+":/, (key) => paint("cyan", key))}`);
  for (const part of more) print(`    ${indent}${part}`);
}

function titled(name: string): string {
  return name.replaceAll(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}
