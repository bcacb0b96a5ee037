import { isObject, show, type JsonObject } from "../json.ts";
import type { ModelCall, ModelReply, ModelScript } from "../model/model-script.ts";
import { readOrder, sayOrder } from "./shop-orders.ts";
import { TOPICS, type Topic } from "./shop-topics.ts";

const LOOK_UP = "lookUpOrder";
const ORDER_NUMBER = /\b[A-Z]-\d{3,6}\b/gi;

function ordersIn(text: string): string[] {
  return [...text.matchAll(ORDER_NUMBER)].map(([number]) => number.toUpperCase());
}

/** Draws by what was said, so that the same conversation has the same answers in every run. */
function pick(choices: readonly string[], text: string, turn: number): string {
  let sum = turn;
  for (const letter of text) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 100_003;
  return choices[sum % choices.length] ?? "";
}

function topicOf(text: string): Topic {
  const found = TOPICS.find(({ pattern }) => pattern.test(text));
  return found ?? { pattern: /^/, answers: OPEN_ANSWERS };
}

const OPEN_ANSWERS: readonly string[] = [
  "I want to be sure I understand you. Is this about an order, a delivery or a return? With an order number such as A-1042 I can look at it at once.",
  "Let me help with that. Could you tell me a little more, and your order number if you have one? Then I can see what we can do.",
  "That is a good question. I know most about orders, deliveries and returns here; tell me which of them it touches, and I will take it from there.",
];

function argumentsOf(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function answerFromTools(call: ModelCall): string {
  const told = call.toolOutputsSinceUser
    .filter(({ name }) => name === LOOK_UP)
    .map(({ arguments: args, output }) => {
      const { order } = argumentsOf(args);
      return sayOrder(order === undefined ? "your order" : show(order), readOrder(output));
    });
  const close = pick(
    ["Is there anything else I can do for you?", "Do write again if anything looks wrong."],
    call.lastUserText,
    call.turn,
  );
  return `Thank you for waiting. ${told.join(" ")} ${close}`;
}

function reply(call: ModelCall): ModelReply {
  const asked = new Set(
    call.toolOutputsSinceUser.map(({ arguments: args }) => show(argumentsOf(args)["order"])),
  );
  const open = ordersIn(call.lastUserText).filter((order) => !asked.has(order));
  const canLookUp = call.toolChoice.names.includes(LOOK_UP);
  if (canLookUp && open.length > 0) {
    const calls = [...new Set(open)].map((order) => ({ name: LOOK_UP, arguments: { order } }));
    return { toolCalls: calls };
  }
  if (call.toolOutputsSinceUser.length > 0) return { text: answerFromTools(call) };
  return { text: pick(topicOf(call.lastUserText).answers, call.lastUserText, call.turn) };
}

/**
 * A friendly voice of a shop: answers questions about orders, deliveries and returns, and calls
 * `lookUpOrder` with `{ order }` when an order number such as A-1042 is named and that tool is offered.
 */
export function shopAssistant(): ModelScript {
  return reply;
}
