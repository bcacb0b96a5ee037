import type { ModelReply, ModelScript, ScriptedCall } from "../model/model-script.ts";

/** Says back what the user said last. */
export function echo(): ModelScript {
  return ({ lastUserText }) => ({ text: `You said: ${lastUserText}` });
}

/** Always says the same. */
export function fixed(text: string): ModelScript {
  return () => ({ text });
}

/** Answers with a text of exactly so many tokens, unless the request's cap is lower. */
export function longOutput(tokens: number): ModelScript {
  return () => ({ outputTokens: tokens });
}

/** Gives one reply a request, in order; the last one again and again. Without replies, empty answers. */
export function sequence(replies: readonly ModelReply[]): ModelScript {
  let next = 0;
  return () => {
    const reply = replies[Math.min(next, replies.length - 1)] ?? {};
    next += 1;
    return reply;
  };
}

/**
 * Calls tools in rounds, each a call or several at once, then answers with what the tools gave.
 * The rounds begin again with each message of the user.
 */
export function callsTools(
  ...rounds: readonly (ScriptedCall | readonly ScriptedCall[])[]
): ModelScript {
  return ({ round, toolOutputsSinceUser }) => {
    const calls = rounds[round];
    if (calls !== undefined) return { toolCalls: [calls].flat() };
    const outputs = toolOutputsSinceUser.map(({ name, output }) => `${name} gave ${output}`);
    return { text: outputs.length === 0 ? "Done." : `Done: ${outputs.join("; ")}.` };
  };
}

/** Calls the same tool with the same arguments for ever, for as long as it may call. */
export function loopsOn(call: ScriptedCall): ModelScript {
  return () => ({ toolCalls: [call] });
}
