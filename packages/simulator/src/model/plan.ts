import { newId } from "../ids.ts";
import type { ItemStatus, MessageItem, OutputItem } from "./items.ts";
import type { ModelReply, ScriptedCall } from "./model-script.ts";
import { createOutputRoom, type OutputRoom, type Share } from "./output-room.ts";
import { sealReasoning } from "./sealed-reasoning.ts";
import { countTokens, fillerText, firstTokens } from "./tokens.ts";
import type { ToolChoice } from "./tools.ts";

/** A response worked out to its end, before the first event is sent. */
export interface Plan {
  readonly items: readonly OutputItem[];
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  /** Whether the cap cut the answer off. */
  readonly cut: boolean;
}

export interface PlanRules {
  /** `max_output_tokens`, or what the model gives at most. */
  readonly cap: number;
  readonly choice: ToolChoice;
  readonly parallel: boolean;
}

// What a call costs beside its name and its arguments, as output and later as input.
const TOKENS_PER_CALL = 4;
const NOTHING_LEFT_TO_CALL = "That is all I can say with what I have.";

function written(call: ScriptedCall): string {
  const { arguments: given = {} } = call;
  return typeof given === "string" ? given : JSON.stringify(given);
}

/** What is left of the script's calls under `tool_choice` and `parallel_tool_calls`. */
function allowedCalls(reply: ModelReply, rules: PlanRules): readonly ScriptedCall[] {
  const { mode, names, barred } = rules.choice;
  if (mode === "none") return [];
  // A tool that was never offered may be called: models make names up, and clients must bear it.
  const wanted = (reply.toolCalls ?? []).filter((call) => !barred.includes(call.name));
  const [first] = names;
  const isForced = mode === "required" && wanted.length === 0 && first !== undefined;
  const calls = isForced ? [{ name: first }] : wanted;
  return rules.parallel ? calls : calls.slice(0, 1);
}

function visibleText(reply: ModelReply, calls: readonly ScriptedCall[]): string | undefined {
  const { text, outputTokens } = reply;
  if (outputTokens !== undefined) {
    const given = countTokens(text ?? "");
    if (given >= outputTokens) return firstTokens(text ?? "", outputTokens);
    const filler = fillerText(outputTokens - given);
    return text === undefined ? filler.trimStart() : text + filler;
  }
  if (text !== undefined) return text;
  if (calls.length > 0 || reply.fail !== undefined) return undefined;
  return (reply.toolCalls ?? []).length > 0 ? NOTHING_LEFT_TO_CALL : "";
}

function statusOf(share: Share): ItemStatus {
  return share.isWhole ? "completed" : "incomplete";
}

/** Nothing, where the cap leaves no room to begin with. */
function isBegun(share: Share): boolean {
  return share.isWhole || share.tokens > 0;
}

function reasoningItem(tokens: number, room: OutputRoom): OutputItem[] {
  const share = room.take(tokens);
  const encrypted_content = sealReasoning(share.tokens);
  const id = newId("rs");
  return [{ id, type: "reasoning", summary: [], encrypted_content, status: statusOf(share) }];
}

function messageItem(reply: ModelReply, text: string, room: OutputRoom): OutputItem[] {
  const { refusal } = reply;
  const isExact = refusal === undefined && reply.outputTokens !== undefined;
  const share = room.take(isExact ? (reply.outputTokens ?? 0) : countTokens(text));
  if (!isBegun(share)) return [];
  const shown = share.isWhole ? text : firstTokens(text, share.tokens);
  const part: MessageItem["content"][number] =
    refusal === undefined
      ? { type: "output_text", text: shown, annotations: [], logprobs: [] }
      : { type: "refusal", refusal: shown };
  const status = statusOf(share);
  return [{ id: newId("msg"), type: "message", role: "assistant", status, content: [part] }];
}

function callItem(call: ScriptedCall, room: OutputRoom): OutputItem[] {
  const args = written(call);
  const head = TOKENS_PER_CALL + countTokens(call.name);
  const share = room.take(head + countTokens(args));
  // A call whose name does not fit has not begun.
  if (!share.isWhole && share.tokens < head) return [];
  const shown = share.isWhole ? args : firstTokens(args, share.tokens - head);
  const names = { id: newId("fc"), call_id: newId("call"), name: call.name };
  return [{ ...names, type: "function_call", arguments: shown, status: statusOf(share) }];
}

/** Writes an answer under the cap: reasoning first, then the text, then the calls. */
export function planOutput(reply: ModelReply, rules: PlanRules): Plan {
  const room = createOutputRoom(rules.cap);
  const { reasoningTokens: wanted = 0, refusal } = reply;
  const reasoning = wanted > 0 ? reasoningItem(wanted, room) : [];
  const reasoningTokens = room.spent;
  const calls = refusal === undefined ? allowedCalls(reply, rules) : [];
  const text = refusal ?? visibleText(reply, calls);
  const items = [
    ...reasoning,
    ...(text === undefined ? [] : messageItem(reply, text, room)),
    ...calls.flatMap((call) => callItem(call, room)),
  ];
  return { items, outputTokens: room.spent, reasoningTokens, cut: room.isCut };
}
