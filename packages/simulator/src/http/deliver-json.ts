import type { ServerResponse } from "node:http";
import { findFault, type Fault } from "../faults/faults.ts";
import type { GenerationReply } from "./routing.ts";

const JSON_TYPE = { "content-type": "application/json" };

export function writeJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, JSON_TYPE);
  response.end(JSON.stringify(body));
}

/** Waits for a generation and writes its response whole, or as the faults have it. */
export async function deliverWhole(
  { generation, form }: Pick<GenerationReply, "generation" | "form">,
  faults: readonly Fault[],
  response: ServerResponse,
): Promise<void> {
  await generation.finished;
  if (response.destroyed || findFault(faults, "silence") !== undefined) return;
  const whole = form?.whole() ?? generation.response();
  const lacksUsage = findFault(faults, "missing_usage") !== undefined;
  const text = JSON.stringify(lacksUsage ? { ...whole, usage: null } : whole);
  const half = text.slice(0, Math.ceil(text.length / 2));
  response.writeHead(200, JSON_TYPE);
  if (findFault(faults, "cut_after_events") !== undefined) {
    // The half must have left before the socket goes, or nothing would arrive at all.
    response.write(half, () => response.destroy());
    return;
  }
  const isHalf = findFault(faults, "end_without_terminal") ?? findFault(faults, "malformed_event");
  response.end(isHalf === undefined ? text : half);
}
