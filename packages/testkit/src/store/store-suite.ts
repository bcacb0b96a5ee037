import { actsPart } from "./acts-part.ts";
import { actsPersistencePart } from "./acts-persistence-part.ts";
import { adjustmentPart } from "./adjustment-part.ts";
import { aliasPart } from "./alias-part.ts";
import { amountsPart } from "./amounts-part.ts";
import { atomicityPart } from "./atomicity-part.ts";
import { clockPart } from "./clock-part.ts";
import { correctionsPart } from "./corrections-part.ts";
import { creditPart } from "./credit-part.ts";
import { expiryPart } from "./expiry-part.ts";
import { fitPart } from "./fit-part.ts";
import { forgetPart } from "./forget-part.ts";
import { fullestPart } from "./fullest-part.ts";
import type { OpenedStore, Runner, StoreHarness } from "./harness.ts";
import { holdsPart } from "./holds-part.ts";
import { idempotencyPart } from "./idempotency-part.ts";
import { type Interleavings, interleavingsPart } from "./interleavings-part.ts";
import { mergePart } from "./merge-part.ts";
import { mergedThreadsPart } from "./merged-threads-part.ts";
import { noticesPart } from "./notices-part.ts";
import { persistencePart } from "./persistence-part.ts";
import { readingPart } from "./reading-part.ts";
import { rollingPart } from "./rolling-part.ts";
import { savesPart } from "./saves-part.ts";
import { type Part, declarePart } from "./scene.ts";
import { seedingPart } from "./seeding-part.ts";
import { settingsPart } from "./settings-part.ts";
import { subjectsPart } from "./subjects-part.ts";
import { threadLeasesPart } from "./thread-leases-part.ts";
import { threadsPart } from "./threads-part.ts";
import { windowsPart } from "./windows-part.ts";
import { zonesPart } from "./zones-part.ts";

const PARTS: readonly Part[] = [
  holdsPart,
  readingPart,
  atomicityPart,
  fitPart,
  idempotencyPart,
  correctionsPart,
  windowsPart,
  zonesPart,
  rollingPart,
  expiryPart,
  clockPart,
  subjectsPart,
  amountsPart,
  threadsPart,
  threadLeasesPart,
  savesPart,
  actsPart,
  settingsPart,
  creditPart,
  adjustmentPart,
  seedingPart,
  fullestPart,
  noticesPart,
  mergePart,
  aliasPart,
  mergedThreadsPart,
  forgetPart,
  persistencePart,
  actsPersistencePart,
];

/**
 * Declares every test that a store must pass: call it once, at the top of a test file.
 *
 * @param harness Opens an empty store a test, with its time in the suite's hands.
 * @param interleavings Which random orders of commands are tried; the default is the same each time.
 */
export function storeSuite<Opened extends OpenedStore>(
  runner: Runner,
  harness: StoreHarness<Opened>,
  interleavings: Interleavings = {},
): void {
  runner.describe("store", () => {
    for (const part of [...PARTS, interleavingsPart(interleavings)])
      if (!part.reopens || harness.reopen) declarePart(runner, harness, part);
  });
}
