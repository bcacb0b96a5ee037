/** An app whose route has nothing to do with assistants, behind one thing that is mounted or none. */
import type { RequestListener } from "node:http";
import { answerJobs } from "../children.ts";
import { listen } from "./listen.ts";

/** What is mounted before the route. */
export interface RouteJob<Added = "none" | "no-op" | "ours"> {
  readonly added: Added;
}

/** Never touched: what counts is that it is there. */
export const BUDGET = { apiKey: "sk-bench", limits: { run: "$1" } } as const;

/** Serves what is made of the job. `/cpu` says, outside of the app, what its process has used so far. */
export function serveRoute(
  make: (added: never) => RequestListener | Promise<RequestListener>,
): void {
  answerJobs(async ({ added }: RouteJob<never>): Promise<string> => {
    const app = await make(added);
    return listen((req, res) => {
      if (req.url !== "/cpu") return app(req, res);
      // Microseconds.
      const { user, system } = process.cpuUsage();
      res.end(String(user + system));
    });
  });
}
