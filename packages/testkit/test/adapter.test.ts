import { describe, test } from "vitest";
import { adapterSuite } from "../src/index.ts";
import { nodeHarness } from "./adapter-harness.ts";

adapterSuite({ describe, test }, nodeHarness());
