import type { Runner } from "../store/harness.ts";
import { anonymousPart } from "./anonymous-part.ts";
import { connectionsPart } from "./connections-part.ts";
import { guardPart } from "./guard-part.ts";
import type { AdapterHarness } from "./harness.ts";
import { identityPart } from "./identity-part.ts";
import { policiesPart } from "./policies-part.ts";
import { refusalsPart } from "./refusals-part.ts";
import { runsPart } from "./runs-part.ts";
import { type Part, declarePart } from "./scene.ts";
import { selfServicePart } from "./self-service-part.ts";
import { streamsPart } from "./streams-part.ts";
import { untouchedPart } from "./untouched-part.ts";

const PARTS: readonly Part[] = [
  runsPart,
  refusalsPart,
  identityPart,
  anonymousPart,
  policiesPart,
  guardPart,
  selfServicePart,
  untouchedPart,
  streamsPart,
  connectionsPart,
];

/**
 * Declares every test that an adapter must pass: call it once, at the top of a test file.
 *
 * @param harness Serves an app that the suite describes, on a real socket.
 */
export function adapterSuite(runner: Runner, harness: AdapterHarness): void {
  runner.describe("adapter", () => {
    for (const part of PARTS) declarePart(runner, harness, part);
  });
}
