/** What a client may send: a string or text parts, always as the user's, never as the system's. */
import { z } from "zod";
import { BudgetError } from "../errors.ts";
import type { Item } from "../ledger/index.ts";
import { byteLength } from "../rules/index.ts";

/** Bytes of one input. Far more than any conversation needs, far less than what hurts. */
const LARGEST_INPUT = 1_000_000;
const MOST_PARTS = 1_000;

/** A part of the user's message. Images and files have no provable ceiling yet and are refused. */
export interface TextPart {
  readonly type: "input_text";
  readonly text: string;
}

const textParts = z.array(z.strictObject({ type: z.literal("input_text"), text: z.string() }));

/** @throws BudgetError `invalid_input` or `input_too_large`. */
export function userItem(input: unknown): Item {
  const text = typeof input === "string" ? input : partsOf(input);
  const empty =
    typeof text === "string" ? text.trim() === "" : text.every((part) => part.text.trim() === "");
  if (empty) {
    throw new BudgetError("invalid_input", {
      message: "`input` is empty; expected the user's message: a string or text parts.",
      detail: "The message is empty.",
    });
  }
  const bytes = byteLength(JSON.stringify(text));
  if (bytes > LARGEST_INPUT) {
    throw new BudgetError("input_too_large", {
      message: `\`input\` has ${bytes} bytes; at most ${LARGEST_INPUT} are allowed. Send less.`,
      detail: "Your message is too long. Send a shorter one.",
    });
  }
  const content = typeof text === "string" ? [{ type: "input_text", text }] : text;
  return { type: "message", role: "user", content };
}

function partsOf(input: unknown): readonly TextPart[] {
  if (Array.isArray(input) && input.length > MOST_PARTS) {
    throw new BudgetError("input_too_large", {
      message: `\`input\` has ${input.length} parts; at most ${MOST_PARTS} are allowed.`,
      detail: "Your message is too long. Send a shorter one.",
    });
  }
  const parsed = textParts.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new BudgetError("invalid_input", {
    message: `\`input\` is ${kindOf(input)}; expected a string or an array of { type: 'input_text', text }. Images, files and other roles are not taken.`,
    detail: "The message could not be read.",
  });
}

/** What it is, never what it says. */
function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (!Array.isArray(value)) return `of type ${typeof value}`;
  const types = value.map((part: unknown) =>
    typeof part === "object" && part !== null && "type" in part && typeof part.type === "string"
      ? part.type.slice(0, 40)
      : typeof part,
  );
  return `an array of [${types.slice(0, 5).join(", ")}]`;
}
