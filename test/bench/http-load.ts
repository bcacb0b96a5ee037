/** The load generator: a process that sends requests to a server for a while. */
import autocannon from "autocannon";
import { answerJobs } from "./children.ts";
import { ascending, quantile } from "./median.ts";

export interface HttpJob {
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly body?: string;
  readonly connections: number;
  /** When it ends: after a time, or after so many answers. */
  readonly until: { readonly ms: number } | { readonly answers: number };
}

export interface HttpDone {
  readonly answers: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

answerJobs(async ({ url, method, body, connections, until }: HttpJob): Promise<HttpDone> => {
  const took: number[] = [];
  let start = 0;
  let bad = 0;
  const { promise: done, resolve, reject } = Promise.withResolvers<autocannon.Result>();
  const run = autocannon(
    {
      url,
      method,
      connections,
      ...("ms" in until ? { duration: until.ms / 1000 } : { amount: until.answers }),
      // How often it looks whether the time is up, too.
      sampleInt: 50,
      headers: { "content-type": "application/json" },
      ...(body === undefined ? {} : { body }),
    },
    (error: unknown, result) => (error instanceof Error ? reject(error) : resolve(result)),
  );
  // Its own histogram has whole milliseconds.
  run.on("response", (...[, status, , responseTime]) => {
    start ||= performance.now();
    if (status === 200) took.push(responseTime);
    else bad += 1;
  });
  const { errors } = await done;
  const seconds = (performance.now() - start) / 1000;
  if (bad > 0 || errors > 0) throw new Error(`${url}: ${bad} refusals, ${errors} errors`);
  const sorted = ascending(took);
  return {
    answers: took.length,
    perSecond: took.length / seconds,
    p50: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
  };
});
