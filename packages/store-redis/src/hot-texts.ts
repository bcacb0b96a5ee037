/** A reserve as the hot script takes it: texts between tabs, which no name has, and nothing that can be left out. */
import type { ReserveRequest, WindowClaim } from "@assistants-budget/core/store";
import { part } from "./keys.ts";

export function hotReserve(request: ReserveRequest): string {
  const { hold, ttlMs, output, claims, ceiling } = request;
  const { fixed, perOutput } = ceiling;
  let text = `r${part(hold)}\t${ttlMs}\t${output.min}\t${output.max}\t${fixed}\t${perOutput}\t`;
  text += `${subjectsText(request)}\t${claims.length}\t`;
  for (const claim of claims)
    text += `${part(claim.family)}\t${amounts(claim, fixed, perOutput)}\t${atOf(claim)}\t`;
  return text;
}

/** Whose settings, by one text each. */
export function subjectKey(scope: string, subject: string): string {
  return `${part(scope)}\n${part(subject)}`;
}

/** Whether anybody has settings as far as the caller knows, then all of them with their versions. */
function subjectsText({ subjects }: ReserveRequest): string {
  let text = subjects.some(({ version }) => version !== 0) ? "1" : "0";
  for (const { scope, subject, version } of subjects)
    text += `${subjectKey(scope, subject)}\u0001${version}\u0001`;
  return text;
}

/** The limit alone, where all else is as most claims have it. */
function amounts({ limit, cap, ...takes }: WindowClaim, fixed: number, perOutput: number): string {
  const text = String(limit ?? -1);
  return cap === limit && takes.fixed === fixed && takes.perOutput === perOutput
    ? text
    : `${text};${cap ?? -1};${takes.fixed};${takes.perOutput}`;
}

/** `start/end/zone`, as a counter keeps its window. */
function atOf({ start, end, zone }: WindowClaim): string {
  return `${start}/${end}/${part(zone)}`;
}
