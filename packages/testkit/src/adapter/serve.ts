import assert from "node:assert/strict";
import { once } from "node:events";
import { type RequestListener, createServer } from "node:http";
import type { StartedApp } from "./harness.ts";

/**
 * Listens on a free port of 127.0.0.1: for harnesses of frameworks that give a listener of `node:http`.
 *
 * @param listener Express's app, Koa's `app.callback()`, Fastify's `app.routing`, …
 * @param closed Is called when the server has been closed: closes the budget.
 */
export async function serve(
  listener: RequestListener,
  closed: () => Promise<void>,
): Promise<StartedApp> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await closed();
    },
  };
}
