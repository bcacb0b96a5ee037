/** The demo's app as it runs: a provider, a ledger in a folder of its own, a server, two people signed in. */
import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sqlite } from "@assistants-budget/express";
import { createApp } from "./app.ts";
import type { Play } from "./play.ts";
import { type Provider, openProvider } from "./provider.ts";
import { signInAs } from "./shopper.ts";

export interface Stage {
  readonly origin: string;
  readonly provider: Provider;
  /** What each person may spend a day. */
  readonly daily: string;
  /** Where the ledger lies. */
  readonly path: string;
  readonly play: Play;
  close(): Promise<void>;
}

/** @param port 0 for any that is free. */
export async function openStage(port: number): Promise<Stage> {
  const provider = await openProvider(process.env);
  // Real models think before they speak, and thinking costs.
  const daily = provider.isReal ? "$0.10/day" : "$0.05/day";
  const path = join(await mkdtemp(join(tmpdir(), "assistants-budget-demo-")), "ledger.sqlite");
  const { app, budget } = createApp({
    daily,
    store: sqlite({ path }),
    apiKey: provider.apiKey,
    ...(provider.baseURL === undefined ? {} : { baseURL: provider.baseURL }),
  });
  const server = app.listen(port, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  const [alice, bob] = await Promise.all([signInAs(origin, "alice"), signInAs(origin, "bob")]);
  return {
    origin,
    provider,
    daily,
    path,
    play: { alice, bob, budget, provider },
    close: async () => {
      server.close();
      server.closeAllConnections();
      await budget.close();
      await provider.close();
    },
  };
}
