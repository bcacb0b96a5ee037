/** A provider that says always the same, some time later: a recording of the simulator's answer. */
import { setTimeout as sleep } from "node:timers/promises";
import { createSimulator, fixed } from "@assistants-budget/simulator";
import { answerJobs } from "../children.ts";
import { listen } from "./listen.ts";
import { MODEL } from "./model-call.ts";

export interface UpstreamJob {
  readonly latencyMs: number;
}

/** What the simulator streams for one call. */
async function record(): Promise<string> {
  await using simulator = await createSimulator({
    script: fixed("Your order is on its way."),
    cache: false,
  });
  const response = await fetch(`${simulator.url}/responses`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer sk-bench" },
    body: JSON.stringify({ model: MODEL, input: "Where is my order?", stream: true }),
  });
  return response.text();
}

answerJobs(async ({ latencyMs }: UpstreamJob): Promise<string> => {
  const recorded = await record();
  const [id = ""] = /resp_\w+/.exec(recorded) ?? [];
  const parts = recorded.split(id);
  let calls = 0;
  // Waits differ, or all who began together would go on together; the same ones in each round.
  const waitFor = (call: number): number => latencyMs * (0.98 + 0.04 * ((call * 0.618_034) % 1));
  const url = await listen(async (req, res) => {
    req.resume();
    calls += 1;
    const answer = parts.join(`${id}${calls}`);
    await sleep(waitFor(calls));
    res.writeHead(200, { "content-type": "text/event-stream" }).end(answer);
  });
  return `${url}/v1`;
});
