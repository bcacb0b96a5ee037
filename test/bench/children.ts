/** Processes of their own, so that no contestant warms up, or slows down, another's code. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

/** A process that does one job after the other. */
export interface Child<Job, Done> {
  ask(job: Job): Promise<Done>;
}

type Answer<Done> = { readonly done: Done } | { readonly failed: string };

/** Starts a process; it ends with what `closing` holds, or with its parent. */
export function startChild<Job extends object, Done>(
  file: URL,
  closing: AsyncDisposableStack,
): Child<Job, Done> {
  const { NODE_OPTIONS: _none, ...env } = process.env;
  const child = fork(fileURLToPath(file), [], {
    env,
    execArgv: ["--no-warnings"],
  });
  const ended: Promise<Answer<Done>[]> = once(child, "exit").then(([code]) => [
    { failed: `it ended with ${String(code)}` },
  ]);
  closing.defer(async () => {
    if (child.connected) child.disconnect();
    await ended;
  });
  return {
    ask: async (job) => {
      const answered: Promise<Answer<Done>[]> = once(child, "message");
      child.send(job);
      const [answer] = await Promise.race([answered, ended]);
      if (answer && "done" in answer) return answer.done;
      throw new Error(`${basename(file.pathname)}: ${answer?.failed ?? "no answer"}`);
    },
  };
}

/** The child's side: answers each job, and ends when its parent lets go of it. */
export function answerJobs<Done>(carryOut: (job: never) => Promise<Done>): void {
  // Ctrl-C reaches the whole group: the parent sees to the end.
  process.on("SIGINT", () => undefined);
  process.on("disconnect", () => process.exit());
  // A parent that has gone meanwhile wants no answer.
  const answer = (said: Answer<Done>) => process.connected && process.send?.(said, () => undefined);
  const work = carryOut as (job: unknown) => Promise<Done>;
  process.on("message", (job) => {
    work(job).then(
      (done) => answer({ done }),
      (error: unknown) =>
        answer({ failed: error instanceof Error ? error.message : String(error) }),
    );
  });
}
