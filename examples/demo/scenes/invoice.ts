/** The ledger beside the provider's own bill. */
import type { ExpressBudget } from "@assistants-budget/express";
import type { Play } from "../play.ts";
import { heading, paint, print, say } from "../print/screen.ts";
import { printTable } from "../print/table.ts";

type Line = Awaited<ReturnType<ExpressBudget["lines"]>>[number];

export async function invoice({ budget, provider }: Play): Promise<void> {
  heading("6. The ledger beside the invoice");
  const lines = await allLines(budget);
  const ledger = lines.reduce((sum, { charge }) => sum + BigInt(charge.nano), 0n);
  if (!provider.invoice) {
    say(`The ledger has ${lines.length} lines that come to $${dollars(ledger)}.`);
    say(`The invoice is ${provider.name}'s to show: compare it with theirs.`);
    return;
  }
  const bill = provider.invoice();
  const billed = new Map(bill.lines.map(({ responseId, nano }) => [responseId, nano]));
  const equal = lines.filter(
    ({ charge }) => billed.get(charge.responseId ?? "") === BigInt(charge.nano),
  ).length;
  printTable(
    [
      ["", false],
      ["lines", true],
      ["total", true],
    ],
    [
      ["the ledger, from what the API reported", String(lines.length), `$${dollars(ledger)}`],
      [
        "the invoice, with a price list of its own",
        String(bill.lines.length),
        `$${dollars(bill.total)}`,
      ],
      ["difference", String(bill.lines.length - equal), `$${dollars(bill.total - ledger)}`],
    ],
  );
  print();
  const isEqual = bill.total === ledger && equal === bill.lines.length;
  print(
    isEqual
      ? `  ${paint(["bold", "green"], "=")} Ledger and invoice are equal to the nano-dollar, line by line.`
      : `  ${paint(["bold", "red"], "≠")} Ledger and invoice differ. That is a bug: please report it.`,
  );
  if (!isEqual) process.exitCode = 1;
}

async function allLines(budget: ExpressBudget): Promise<readonly Line[]> {
  const all: Line[] = [];
  for (;;) {
    const after = all.at(-1)?.id;
    const page = await budget.lines(after === undefined ? {} : { after });
    all.push(...page);
    if (page.length === 0) return all;
  }
}

/** Nano-dollars as dollars with all nine places. */
function dollars(nano: bigint): string {
  const sign = nano < 0n ? "-" : "";
  const digits = String(nano < 0n ? -nano : nano).padStart(10, "0");
  return `${sign}${digits.slice(0, -9)}.${digits.slice(-9)}`;
}
