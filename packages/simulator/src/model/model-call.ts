import { textOf, type Item } from "./items.ts";
import type { ModelCall, ToolOutput } from "./model-script.ts";

type FromItems = Pick<ModelCall, "lastUserText" | "toolOutputsSinceUser" | "turn" | "round">;

function outputsOf(items: readonly Item[]): ToolOutput[] {
  return items.flatMap((item, index) => {
    if (item.type !== "function_call_output") return [];
    const call = items
      .slice(0, index)
      .findLast((entry) => entry.type === "function_call" && entry.call_id === item.call_id);
    if (call?.type !== "function_call") return [];
    return [{ name: call.name, arguments: call.arguments, output: textOf(item.output) }];
  });
}

/** Calls that stand together came from one response. */
function countRounds(items: readonly Item[]): number {
  return items.filter(
    (item, index) => item.type === "function_call" && items[index - 1]?.type !== "function_call",
  ).length;
}

function isUser(item: Item): boolean {
  return item.type === "message" && item.role === "user";
}

/** What a script wants to know about a history without reading it. */
export function readHistory(items: readonly Item[]): FromItems {
  const last = items.findLastIndex(isUser);
  const message = items[last];
  const since = items.slice(last + 1);
  return {
    lastUserText: message?.type === "message" ? textOf(message.content) : "",
    toolOutputsSinceUser: outputsOf(since),
    turn: items.filter(isUser).length,
    round: countRounds(since),
  };
}
