/** What waits goes out together: one call, one commit, however many ask. */
import { setImmediate as endOfTick } from "node:timers/promises";
import {
  type Charge,
  type ReserveReply,
  type ReserveRequest,
  type SettleReply,
  admit,
} from "@assistants-budget/core/store";
import { type Ask, type Call, sqlState } from "../client.ts";
import { whole } from "../exact.ts";
import { type EndedBefore, type Job, takeBatch } from "./batch.ts";
import { type BatchReply, type Decoded, decode } from "./decode.ts";
import { COMMIT_TYPES, type Encoded, encode } from "./encode.ts";

export interface GroupCommit {
  reserve(request: ReserveRequest): Promise<ReserveReply>;
  /** Without a charge it is a release. */
  end(hold: string, charge?: Charge): Promise<SettleReply | EndedBefore>;
  /** Resolves when nothing is waiting. */
  idle(): Promise<void>;
}

const COMMIT: Call<BatchReply> = {
  name: "commit_v1",
  types: ["bigint", ...COMMIT_TYPES],
};

/** So many that wait go out at once; fewer wait for those who are answered now, and may ask again. */
const ENOUGH = 32;

interface UnderWay {
  readonly batch: readonly Job[];
  readonly sent: Encoded;
  readonly reply: Promise<BatchReply>;
}

/** A call goes out as soon as none is under way: a process alone waits for nobody. */
export function groupCommit(ask: Ask, clock: () => number | null): GroupCommit {
  const queue: Job[] = [];
  let draining: Promise<void> | undefined;

  async function drain(): Promise<void> {
    // What is asked in one go goes out in one call.
    await Promise.resolve();
    let call = next();
    // Looked for and given up in one go: whoever asks in between is seen.
    while (call) call = (await answered(call)) ?? next();
    draining = undefined;
  }

  /** Sends what waits. */
  function next(): UnderWay | undefined {
    const batch = takeBatch(queue);
    if (batch.length === 0) return undefined;
    try {
      const sent = encode(batch);
      return { batch, sent, reply: ask(COMMIT, clock(), ...sent.lists) };
    } catch (error) {
      for (const job of batch) job.reject(error);
      return next();
    }
  }

  /** Answers a call, and gives back the one after it where that is under way already. */
  async function answered({ batch, sent, reply }: UnderWay): Promise<UnderWay | undefined> {
    let following: UnderWay | undefined;
    try {
      const read = await reply;
      // The server has something to do while these are answered, and ask again.
      if (queue.length >= ENOUGH) following = next();
      answer(sent, decode(sent, read));
    } catch (error) {
      await apart(batch, error);
    }
    // Those who were answered together ask again together.
    if (!following && batch.length > 1) await endOfTick();
    return following;
  }

  async function commit(batch: readonly Job[]): Promise<void> {
    const sent = encode(batch);
    answer(sent, decode(sent, await ask(COMMIT, clock(), ...sent.lists)));
  }

  /** One job's fault is its own: after a failed batch each goes out by itself. */
  async function apart(batch: readonly Job[], error: unknown): Promise<void> {
    if (batch.length === 1 || !isOnesFault(error)) {
      for (const job of batch) job.reject(error);
      return;
    }
    for (const job of batch) {
      await commit([job]).catch(job.reject);
    }
  }

  function enqueue(job: Job): void {
    queue.push(job);
    draining ??= drain();
  }

  return {
    reserve: (request) =>
      new Promise((resolve, reject) => {
        check(request);
        enqueue({ kind: "reserve", request, resolve, reject });
      }),
    end: (hold, charge) =>
      new Promise((resolve, reject) => {
        if (charge) whole(charge.nano, charge.tokens);
        enqueue({ kind: "end", hold, ...(charge ? { charge } : {}), resolve, reject });
      }),
    idle: async () => draining,
  };
}

/** Answers every job of a batch; one that can't be answered takes no other with it. */
function answer(sent: Encoded, decoded: Decoded): void {
  for (const [place, job] of sent.ends.entries())
    attempt(job, () => job.resolve(decoded.end(job, place)));
  for (const [place, one] of sent.reserves.entries())
    attempt(one.job, () => one.job.resolve(decoded.reserve(one, place)));
}

function attempt(job: Job, work: () => void): void {
  try {
    work();
  } catch (error) {
    job.reject(error);
  }
}

/** Data that the server would not take (classes 22, 23, 54), unlike a server that is away. */
function isOnesFault(error: unknown): boolean {
  return /^(22|23|54)/.test(sqlState(error) ?? "");
}

/** The server repeats the decision, not the check of what it is asked. @throws RangeError */
function check({ output, claims, ceiling, subjects, thresholds }: ReserveRequest): void {
  admit([], output);
  whole(ceiling.fixed, ceiling.perOutput, ...thresholds);
  for (const { limit, cap, fixed, perOutput } of claims)
    whole(limit ?? 0, cap ?? 0, fixed, perOutput);
  for (const { version } of subjects) whole(version);
}
