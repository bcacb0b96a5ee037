/** The app's clients: each sends one message after the other, in new threads and in known ones. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ChatRequest } from "./app-process.ts";
import type { AppProcesses, Life } from "./app-processes.ts";
import type { Tell } from "./broken-rule.ts";
import type { Draws } from "./draws.ts";
import type { Identities } from "./identities.ts";
import { drawWish, messageOf } from "./model.ts";
import { type Reply, outcomeOf } from "./outcome.ts";
import { type Person, drawPerson } from "./subjects.ts";
import type { Threads } from "./threads.ts";

export interface Tally {
  /** Runs that were asked for. */
  runs: number;
  /** Runs that ended with an answer, whole or cut short. */
  answered: number;
  /** How often each outcome was seen. */
  readonly seen: Map<string, number>;
}

export interface ClientsHost {
  readonly processes: AppProcesses;
  readonly people: readonly Person[];
  readonly threads: Threads;
  readonly identities: Identities;
  readonly wasStoreAway: (since: number) => boolean;
  /** How long the model thinks at most. */
  readonly pauseMs: number;
  readonly tally: Tally;
  readonly tell: Tell;
  /** Aborted when the storm is over: what was sent is waited for, nothing more is sent. */
  readonly over: AbortSignal;
}

/** One client of one process. */
export async function client(host: ClientsHost, slot: number, draws: Draws): Promise<void> {
  const { over, processes } = host;
  const pause = (ms: number) => sleep(ms, undefined, { signal: over }).catch(() => undefined);
  await pause(draws.between(0, 500));
  while (!over.aborted) {
    const life = processes.at(slot);
    const origin = await life.origin;
    // Between a kill and the next start there is nobody to talk to.
    if (origin === "" || life.isKilled) await pause(50);
    else {
      await turn(host, { life, origin }, draws);
      await pause(draws.around(300));
    }
  }
}

async function turn(
  { people, threads, identities, wasStoreAway, tally, tell, pauseMs }: ClientsHost,
  at: { readonly life: Life; readonly origin: string },
  draws: Draws,
): Promise<void> {
  const person = drawPerson(people, draws);
  const thread = draws.isLucky(0.6) ? threads.take(person, draws) : undefined;
  const message = messageOf(drawWish(draws, pauseMs));
  // Some clients do not wait for their answer.
  const leaveMs = draws.isLucky(0.03) ? draws.between(50, 1_000) : undefined;
  tally.runs += 1;
  const request = { ...person, ...(thread ? { thread: thread.id } : {}), message };
  const since = performance.now();
  const user = identities.userOf(person.user);
  const reply = await send(at.origin, request, leaveMs);
  const outcome = outcomeOf(reply, {
    life: at.life,
    thread,
    mayBeAway: wasStoreAway(since),
    mayBeFrozen: identities.mayBeFrozen(person.user, since),
    isFrozen: identities.isFrozenSince(user, since),
  });
  tally.seen.set(outcome.name, (tally.seen.get(outcome.name) ?? 0) + 1);
  if (reply.kind === "answer" && reply.status === 200) tally.answered += 1;
  if (!outcome.isExpected) tell("outcomes", outcome.name);
  threads.giveBack(person, { thread, reply, life: at.life });
}

/** Sends one request; it has no way to fail but by what it gives back. */
async function send(
  origin: string,
  body: ChatRequest,
  leaveMs: number | undefined,
): Promise<Reply> {
  try {
    const response = await fetch(`${origin}/chat`, {
      method: "POST",
      body: JSON.stringify(body),
      ...(leaveMs === undefined ? {} : { signal: AbortSignal.timeout(leaveMs) }),
    });
    const answer = (await response.json()) as Extract<Reply, { kind: "answer" }>["body"];
    return { kind: "answer", status: response.status, body: answer };
  } catch (error) {
    if (error instanceof Error && error.name === "TimeoutError") return { kind: "left" };
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    return { kind: "broken", why: String(Reflect.get(Object(cause), "code") ?? cause) };
  }
}
