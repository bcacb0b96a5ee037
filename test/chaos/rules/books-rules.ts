/** The ledger beside the provider's invoice. */
import type { LedgerLine } from "@assistants-budget/core";
import type { FaultKind, InvoiceLine } from "@assistants-budget/simulator";
import { type ChargedHold, chargedHolds, stepLines, sumBy } from "../books.ts";
import { few, usd } from "../broken-rule.ts";
import type { Aftermath } from "../ending.ts";

/** Faults after which nobody can know what became of a step. */
const HIDING: ReadonlySet<FaultKind> = new Set([
  "server_error",
  "overloaded",
  "refuse_connection",
  "cut_before_first_event",
  "missing_usage",
]);

/** How many holds were charged in which way, and what it all came to in nano-dollars. */
export interface Sums {
  readonly reported: number;
  readonly assumed: number;
  readonly counted: number;
  /** Assumed first, and known later. */
  readonly corrected: number;
  readonly charged: number;
  readonly billed: number;
}

export function checkBooks(after: Aftermath, lines: readonly LedgerLine[]): Sums {
  const holds = chargedHolds(stepLines(lines));
  const invoice = after.provider.simulator.invoice().lines;
  checkBilled(after, holds, invoice);
  checkInvoice(after, holds, invoice);
  checkAssumed(after, holds, lines);
  checkCovered(after, holds, invoice);
  const count = (kind: ChargedHold["known"]) => holds.filter(({ known }) => known === kind).length;
  return {
    reported: count("reported"),
    assumed: count("assumed"),
    counted: count("counted"),
    corrected: lines.filter(({ kind }) => kind === "correction").length,
    charged: holds.reduce((sum, { nano }) => sum + nano, 0),
    billed: invoice.reduce((sum, { nano }) => sum + Number(nano), 0),
  };
}

function adjustedIn(line: LedgerLine): readonly string[] {
  return "act" in line && line.act.kind === "adjustment" ? [line.act.hold] : [];
}

const runOf = ({ metadata }: InvoiceLine) => metadata["assistants_budget_run"] ?? "none";

/** Every billed response stands in the ledger once: by its id, or as one assumed line of its run. */
function checkBilled(
  { tell }: Aftermath,
  holds: readonly ChargedHold[],
  invoice: readonly InvoiceLine[],
): void {
  const named = sumBy(holds, ({ responseId }) => [responseId ?? "none", 1]);
  const nameless = sumBy(
    holds.filter(({ responseId }) => responseId === undefined),
    ({ facts }) => [facts.run, 1],
  );
  const missing = sumBy(
    invoice.filter(({ responseId }) => !named.has(responseId)),
    (line) => [runOf(line), 1],
  );
  const lost = [...missing].filter(([run, count]) => count > (nameless.get(run) ?? 0));
  if (lost.length > 0) {
    const which = few(lost.map(([run, count]) => `${count} of ${run}`));
    tell("billed", `responses were billed and stand nowhere in the ledger, in runs: ${which}`);
  }
  const twice = [...named].filter(([id, count]) => id !== "none" && count > 1);
  const again = holds.filter(({ charges }) => charges !== 1);
  if (twice.length + again.length > 0) {
    const which = few([...twice.map(([id]) => id), ...again.map(({ hold }) => hold)]);
    tell(
      "billed",
      `${twice.length} responses and ${again.length} holds are charged twice: ${which}`,
    );
  }
}

/** What is marked `reported` is what was billed, to the nano-dollar. */
function checkInvoice(
  { tell }: Aftermath,
  holds: readonly ChargedHold[],
  invoice: readonly InvoiceLine[],
): void {
  const bill = new Map(invoice.map(({ responseId, nano }) => [responseId, Number(nano)]));
  const wrong = holds.filter(
    ({ known, responseId = "none", nano }) => known === "reported" && bill.get(responseId) !== nano,
  );
  if (wrong.length === 0) return;
  const which = wrong.map(({ responseId = "none", nano }) => {
    const billed = bill.get(responseId);
    return `${responseId} ${usd(nano)}, billed ${billed === undefined ? "never" : usd(billed)}`;
  });
  tell("invoice", `${wrong.length} reported lines differ from the invoice: ${few(which)}`);
}

/**
 * Of each run at most so many are assumed as its faults and kills have hidden, and each says why. Two
 * faults come by themselves: a busy machine is slower than the app is patient, or an idle connection
 * was closed while its process was paused, so that the next request never arrives.
 */
function checkAssumed(
  { provider, log, tell }: Aftermath,
  holds: readonly ChargedHold[],
  lines: readonly LedgerLine[],
): void {
  // What an operator said of a hold is not corrected any more when its outcome comes to be known.
  const said = new Set(lines.flatMap((line) => adjustedIn(line)));
  const others = holds.filter(({ hold, known }) => known !== "reported" && !said.has(hold));
  const mute = others.filter(({ cause }) => cause === undefined);
  if (mute.length > 0)
    tell("assumed", `${mute.length} assumed lines name no cause: ${few(mute.map(holdOf))}`);
  const { arrived, givenUp } = provider.requests();
  const charged = sumBy(holds, ({ facts }) => [facts.run, 1]);
  for (const [run, assumed] of Map.groupBy(others, ({ facts }) => facts.run)) {
    const faults = provider.struck(run).filter((kind) => HIDING.has(kind));
    const killed = log.unrecorded.get(run)?.size ?? 0;
    const saying = (words: string) =>
      assumed.filter(({ cause = "" }) => cause.includes(words)).length;
    const waited = Math.min(saying("fell silent"), givenUp.get(run) ?? 0);
    const never = (charged.get(run) ?? 0) - (arrived.get(run) ?? 0);
    const unsent = Math.max(0, Math.min(saying("connection broke"), never));
    if (assumed.length <= faults.length + killed + waited + unsent) continue;
    const reasons = `${faults.length} faults (${faults.join(", ")}), ${killed} kills, ${waited} given up and ${unsent} never arrived`;
    const causes = few(assumed.map(({ cause = "" }) => cause));
    tell("assumed", `${assumed.length} assumed lines in ${run} for ${reasons}: ${causes}`);
  }
}

/** A run's lines are never less than what was billed for it. */
function checkCovered(
  { provider, tell }: Aftermath,
  holds: readonly ChargedHold[],
  invoice: readonly InvoiceLine[],
): void {
  const charged = sumBy(holds, ({ facts, nano }) => [facts.run, nano]);
  const billed = sumBy(invoice, (line) => [runOf(line), Number(line.nano)]);
  for (const [run, nano] of billed) {
    // A server that ignores its cap can bill more than any ceiling; where its answer was lost, nobody saw it.
    if (provider.struck(run).includes("exceeds_cap")) continue;
    const paid = charged.get(run) ?? 0;
    if (paid < nano) tell("covered", `${run} was billed ${usd(nano)} and charged ${usd(paid)}`);
  }
}

function holdOf({ hold }: ChargedHold): string {
  return hold;
}
