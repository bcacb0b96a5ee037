/** An app under a budget, on a real socket, with SQLite on a real disk, before a provider that keeps an invoice. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StepLine } from "@assistants-budget/core";
import {
  type ExpressBudget,
  type ExpressOptions,
  assistantsBudget,
  sqlite,
} from "@assistants-budget/express";
import {
  type Simulator,
  type SimulatorOptions,
  createSimulator,
} from "@assistants-budget/simulator";
import express from "express";
import { onTestFinished } from "vitest";

export interface Protected {
  readonly budget: ExpressBudget;
  readonly simulator: Simulator;
  readonly store: ReturnType<typeof sqlite>;
  readonly path: string;
  /** Sends one message as this user, in a new thread. */
  readonly chat: (user: string, message?: string) => Promise<Reply>;
}

interface Reply {
  readonly status: number;
  readonly body: {
    readonly code?: string;
    readonly status?: number | string;
    readonly refused_by?: readonly {
      readonly unit: string;
      readonly scope: string;
      readonly needed: string | number;
    }[];
    readonly [member: string]: unknown;
  };
}

export async function protectedApp(
  options: ExpressOptions & { readonly simulator?: SimulatorOptions },
): Promise<Protected> {
  const { simulator: setUp, ...rest } = options;
  const folder = mkdtempSync(join(tmpdir(), "assistants-budget-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const simulator = await createSimulator(setUp);
  onTestFinished(() => simulator.close());
  const path = join(folder, "budget.sqlite");
  const store = sqlite({ path });
  const budget = assistantsBudget({
    baseURL: simulator.url,
    apiKey: "sk-test",
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    ...rest,
    store,
  });
  onTestFinished(() => budget.close());
  const app = express();
  app.use(express.json(), (req, _res, next) => {
    Object.assign(req, { user: { id: req.get("cookie") } });
    next();
  });
  app.use(budget);
  app.post("/chat", async (req, res) => {
    const { message } = req.body as { message: string };
    const { status, text, thread, stop } = await req.assistants.run({ input: message });
    res.json({ status, text, thread, stop });
  });
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => end(server));
  const { port } = server.address() as AddressInfo;
  const chat = async (user: string, message = "Where is my parcel?"): Promise<Reply> => {
    const response = await fetch(`http://127.0.0.1:${port}/chat`, {
      method: "POST",
      headers: { "content-type": "application/json", cookie: user },
      body: JSON.stringify({ message }),
    });
    return { status: response.status, body: (await response.json()) as Reply["body"] };
  };
  return { budget, simulator, store, path, chat };
}

function end(server: Server): void {
  server.close();
  server.closeAllConnections();
}

/** Both books, once nothing is under way. */
export async function books({ budget, simulator, store }: Omit<Protected, "chat" | "path">) {
  await simulator.idle();
  const lines: StepLine[] = [];
  for (;;) {
    const after = lines.at(-1)?.id;
    const page = await budget.lines({ limit: 1000, ...(after === undefined ? {} : { after }) });
    lines.push(...page);
    if (page.length < 1000) break;
  }
  const held = (await store.holds({ expired: false, limit: 10_000 })).length;
  return { lines, invoice: simulator.invoice(), held };
}

/** Nano-dollars by whatever names them. */
export function sumBy<Line>(
  lines: readonly Line[],
  entry: (line: Line) => readonly [name: string, nano: number],
): Map<string, number> {
  const sums = new Map<string, number>();
  for (const line of lines) {
    const [name, nano] = entry(line);
    sums.set(name, (sums.get(name) ?? 0) + nano);
  }
  return sums;
}
