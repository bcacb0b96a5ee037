/** The demo's app on the simulator, for a browser to look at. */
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { memory } from "@assistants-budget/core";
import type { ExpressBudget } from "@assistants-budget/express";
import { createApp } from "../../examples/demo/app.ts";
import { openSimulator } from "../../examples/demo/provider.ts";

export interface DemoSite extends AsyncDisposable {
  readonly origin: string;
  readonly budget: ExpressBudget;
  readonly server: Server;
}

/** @param daily What each person may spend a day. */
export async function openDemoSite(daily: `$${number}/day`): Promise<DemoSite> {
  const provider = await openSimulator();
  const { apiKey, baseURL = "" } = provider;
  const { app, budget } = createApp({ daily, store: memory(), apiKey, baseURL });
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    budget,
    server,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await budget.close();
      await provider.close();
    },
  };
}
