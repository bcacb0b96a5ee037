import type { Nano } from "./money.ts";

/** What a hosted tool costs beside its tokens. */
export interface ToolFee {
  /** Nano-dollars a call, or a minute for containers. */
  readonly nano: Nano;
  readonly source: string;
}

const TRACKER = "modelcostwatch (2026-03-12)";
const LIST = "genai-prices 0.1.8 (2026-09-23)";
const CHANGELOG = "modeldex and simoncarter, quoting OpenAI's changelog of 2026-06-02";

/**
 * $10 per 1,000 calls. What a search finds is billed as prompt tokens on top: 8,000 a call for
 * gpt-4o-mini and gpt-4.1-mini, unbounded for the others.
 */
export const WEB_SEARCH_FEE: ToolFee = { nano: 10_000_000, source: `${TRACKER}, ${LIST}` };

/** $25 per 1,000 calls of `web_search_preview` by models that do not reason; its content is free. */
export const WEB_SEARCH_PREVIEW_FEE: ToolFee = { nano: 25_000_000, source: TRACKER };

/** $2.50 per 1,000 calls. Storage is billed to the account by GB and day, and to no request. */
export const FILE_SEARCH_FEE: ToolFee = { nano: 2_500_000, source: LIST };

/** Memory that a container of the code interpreter or the hosted shell can have. */
export type ContainerMemory = "1g" | "4g" | "16g" | "64g";

/** $0.03, $0.12, $0.48 and $1.92 per 20 minutes, billed by the minute. */
export const CONTAINER_FEES: Readonly<Record<ContainerMemory, ToolFee>> = {
  "1g": { nano: 1_500_000, source: CHANGELOG },
  "4g": { nano: 6_000_000, source: CHANGELOG },
  "16g": { nano: 24_000_000, source: CHANGELOG },
  "64g": { nano: 96_000_000, source: CHANGELOG },
};

const LEAST_CONTAINER_MINUTES = 5;

/** The fee of one container for so many minutes, begun ones counted whole and at least five. */
export function containerFee(memory: ContainerMemory, minutes: number): Nano {
  return Math.max(Math.ceil(minutes), LEAST_CONTAINER_MINUTES) * CONTAINER_FEES[memory].nano;
}
