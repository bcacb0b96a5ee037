/** Windows that fill up, and what is told of them. */
import { type LedgerStore, type Notice, isUnit } from "@assistants-budget/core/store";
import type { Call } from "./client.ts";
import { exact } from "./exact.ts";
import type { Host } from "./host.ts";
import { type StateReply, stateOf } from "./replies.ts";

type NoticeReply = readonly [
  id: string,
  at: number,
  threshold: number,
  limit: number,
  spent: number,
  family: string,
  scope: string,
  subject: string,
  unit: string,
  period: string,
  zone: string,
  start: number,
  end: number,
  rollingMs: number | null,
];

const TAKE: Call<readonly NoticeReply[]> = {
  name: "take_notices_v1",
  types: ["bigint", "text", "bigint", "bigint"],
};
const DROP: Call<boolean> = { name: "drop_notice_v1", types: ["text"] };
const FULLEST: Call<readonly (readonly [cap: number, state: StateReply])[]> = {
  name: "fullest_v1",
  types: ["bigint", "text", "bigint"],
};

export function notices({
  ask,
  clock,
}: Pick<Host, "ask" | "clock">): Pick<LedgerStore, "dropNotice" | "fullest" | "takeNotices"> {
  return {
    takeNotices: async ({ owner, leaseMs, limit }) =>
      (await ask(TAKE, clock(), owner, leaseMs, limit)).map(noticeOf),
    dropNotice: async (id) => void (await ask(DROP, id)),
    fullest: async ({ scope, limit }) =>
      (await ask(FULLEST, clock(), scope, limit)).map(([cap, state]) => ({
        ...stateOf(state),
        cap: exact(cap),
      })),
  };
}

function noticeOf(reply: NoticeReply): Notice {
  const [id, at, threshold, limit, spent, family, scope, subject, unit, ...when] = reply;
  const [period, zone, start, end, rollingMs] = when;
  if (!isUnit(unit)) throw new TypeError(`unit of ${family}: found ${unit}`);
  const stretch = { zone, start, end, ...(rollingMs === null ? {} : { rollingMs }) };
  const window = { family, scope, subject, unit, period, ...stretch };
  return { id, at, threshold, window, limit: exact(limit), spent: exact(spent) };
}
