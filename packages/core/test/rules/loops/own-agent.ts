import { LoopDetector, type ToolCall } from "../../../src/index.ts";

/** docs/loops.md shows this function's body; docs.test.ts compares them. */
export async function runAgent(
  nextCall: () => Promise<{ name: string; arguments: string } | undefined>,
  execute: (call: { name: string; arguments: string }) => Promise<string>,
): Promise<readonly string[]> {
  const outputs: string[] = [];
  const loops = new LoopDetector({ tools: { send_refund: { idempotent: false, maxCalls: 2 } } });

  for (let call = await nextCall(); call !== undefined; call = await nextCall()) {
    let output = await execute(call);
    const loop = loops.record({ ...call, output } satisfies ToolCall);
    if (loop?.action === "warn") {
      output += `\n[You have made this call ${loop.repeats} times, and nothing new came back.]`;
    }
    outputs.push(output);
    if (loop?.action === "stop") break; // no further model call: answer with what there is
  }
  return outputs;
}
