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

/** What a process says in the end. */
export async function outcome(started: ChildProcess): Promise<Done> {
  const ended = once(started, "exit");
  const said: Promise<Done[]> = once(started, "message");
  const silent = ended.then(([code]): Done[] => [{ granted: 0, errors: [`exit ${code}`] }]);
  const [done] = await Promise.race([said, silent]);
  await ended;
  return done ?? { granted: 0, errors: ["no answer"] };
}
