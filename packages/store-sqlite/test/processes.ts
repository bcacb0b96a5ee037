import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Done, Job } from "./child.ts";

const CHILD = fileURLToPath(new URL("child.ts", import.meta.url));

/** Starts a real process. */
export function child(job: Job): ChildProcess {
  const { NODE_OPTIONS: _none, ...env } = process.env;
  return fork(CHILD, [JSON.stringify(job)], { env, execArgv: ["--no-warnings"] });
}

/** Runs jobs at once, each in a process of its own, and gives back what they say. */
export function processes(jobs: readonly Job[]): Promise<readonly Done[]> {
  return Promise.all(
    jobs.map(async (job) => {
      const started = child(job);
      const ended = once(started, "exit");
      const [done]: Done[] = await Promise.race([
        once(started, "message"),
        ended.then(([code]) => [{ granted: 0, errors: [`exit ${code}`] }]),
      ]);
      await ended;
      return done ?? { granted: 0, errors: ["no answer"] };
    }),
  );
}
