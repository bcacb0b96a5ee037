/** A batch is granted at once or decided one by one: the same replies, the same tables, and those of `memory()`. */
import { type Store, memory } from "@assistants-budget/core/store";
import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testPostgres } from "../../../test/servers/postgres.ts";
import { type PostgresClient, postgres } from "../src/index.ts";
import { DAY, type Demands, type Known, type Step, demands, draws, windowsOf } from "./demands.ts";
import { openPool } from "./open-pool.ts";

const TABLES = ["counters", "buckets", "holds", "lines", "line_subjects", "notices", "settings"];
/** Where these stand among what `commit_v1` takes. Without the sums of a batch it goes one by one. */
const [TOTALS, RESERVES, ENDS] = [3, 7, 23];

let server: Awaited<ReturnType<typeof testPostgres>>;
const sessions: Pool[] = [];

beforeAll(async () => {
  server = await testPostgres();
}, 300_000);

afterAll(async () => {
  for (const session of sessions) {
    await session.query("DROP SCHEMA IF EXISTS at_once, in_turn CASCADE");
    await session.end();
  }
  await server?.stop();
});

/** Something that was done with a hold: a correction is a call of its own. */
interface Done {
  readonly hold: string;
  readonly isCorrection: boolean;
}

/** One way to go, with a session of its own: what is sent first is done first, also a correction beside a batch. */
async function way(schema: "at_once" | "in_turn", clock: () => number) {
  const session = openPool(server.url, 1);
  sessions.push(session);
  await session.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
  /** Calls with reserves in them, by whether these were granted at once. */
  const seen = { atOnce: 0, inTurn: 0 };
  const order: Done[] = [];
  const client: PostgresClient = {
    query: async (text, values) => {
      const isCommit = text.startsWith("SELECT") && text.includes("commit_v1(");
      const sent = isCommit && schema === "in_turn" ? values.with(TOTALS, null) : values;
      const reply = await session.query<Record<string, unknown>>(text, sent);
      const told = String(reply.rows[0]?.["reply"]);
      if (text.includes("correct_v1(") && told !== "null")
        order.push({ hold: values[1] ?? "", isCorrection: true });
      if (!isCommit) return reply;
      if (values[RESERVES] !== "{}") seen[told.includes('"reserves":') ? "inTurn" : "atOnce"] += 1;
      for (const hold of [...namesIn(values[ENDS]), ...namesIn(values[RESERVES])])
        order.push({ hold, isCorrection: false });
      return reply;
    },
  };
  /** All rows; those of the same table in one order. */
  const rows = async () => {
    const all: unknown[] = [];
    for (const table of TABLES) {
      const text = `SELECT row_to_json(t)::text AS row FROM ${schema}.${table} t ORDER BY 1`;
      all.push((await session.query(text)).rows);
    }
    return all;
  };
  return { store: postgres(client, { schema, clock }), seen, order, rows };
}

function namesIn(array: string | null | undefined): readonly string[] {
  return [...(array ?? "").matchAll(/"([^"]+)"/g)].map(([, name = ""]) => name);
}

/** The places of these steps in the order in which the server did them. */
function inOrder(
  steps: readonly Step[],
  replies: readonly unknown[],
  order: readonly Done[],
): readonly number[] {
  const last = new Map<string, number>();
  const found = new Set<number>();
  const done = steps.map(({ hold }) => {
    const at = order.findIndex((one, i) => one.hold === hold && !one.isCorrection && !found.has(i));
    found.add(at);
    return at;
  });
  const places = steps.map(({ hold }, i) => {
    const isCorrected = JSON.stringify(replies[i]).includes('"kind":"correction"');
    const isOwn = (one: Done) => one.hold === hold && one.isCorrection;
    const at = isCorrected ? order.findIndex(isOwn) : (done[i] ?? 0);
    // Of two for one hold the second one comes second.
    const place = Math.max(at, last.get(hold) ?? 0);
    last.set(hold, place);
    return { i, place };
  });
  return places.toSorted((a, b) => a.place - b.place).map(({ i }) => i);
}

/** Lists of what is of one moment: their order says nothing. */
const UNORDERED: ReadonlySet<string> = new Set(["holds", "moved"]);

/** What is the same in every store: not how lines are numbered, nor, of a hold that was there before, what others of its batch have moved. */
function plain(reply: unknown, wasThere: boolean = false): unknown {
  const text = JSON.stringify(reply, (key, value: unknown) => {
    if (key === "version" || (wasThere && key === "windows")) return undefined;
    if (!UNORDERED.has(key) || !Array.isArray(value)) return value;
    return value.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  });
  return JSON.parse(text.replaceAll(/"id":"\d+",/g, ""));
}

function nameOf({ id, family }: { readonly id?: string; readonly family?: string }): string {
  return id ?? family ?? "";
}

async function knownTo(store: Store, { users }: Demands): Promise<Known> {
  const subjects = users.map((subject) => ({ scope: "user", subject }));
  return new Map((await store.settings(subjects)).map((one) => [one.subject, one]));
}

async function standing(store: Store, { users }: Demands, now: number): Promise<unknown> {
  const all = { expired: false, limit: 10_000 };
  return plain({
    windows: await store.windows([...users, "nobody"].flatMap((user) => windowsOf(user, now))),
    holds: await store.holds(all),
    lines: await store.lines(all),
    notices: await store.takeNotices({ ...all, owner: "test", leaseMs: 1 }),
  });
}

test.each([2026, 1122, 77, 24])(
  "random batches, seed %d",
  async (seed) => {
    const draw = draws(seed);
    const asked = demands(draw);
    let now = Date.UTC(2026, 10, 22, 12);
    const clock = () => now;
    const [one, other] = [await way("at_once", clock), await way("in_turn", clock)];
    const model = memory({ clock });
    const before = new Set<string>();
    for (let round = 0; round < 80; round += 1) {
      now += draw(6) === 0 ? draw(DAY) : draw(60_000);
      const steps = asked.steps(now, draw(3) === 0);
      const act = draw(4) === 0 ? asked.act(now) : undefined;
      one.order.length = 0;
      const work = [one, other].map(async ({ store }) => {
        const known = await knownTo(store, asked);
        const replies = await Promise.all(steps.map((step) => step.run(store, known)));
        return { replies, acted: act && (await store.act(act)) };
      });
      const [first, second] = await Promise.all(work);
      if (!first) throw new Error("no replies");
      expect(second, `round ${round}`).toEqual(first);

      const known = await knownTo(model, asked);
      const modelled: unknown[] = [];
      for (const i of inOrder(steps, first.replies, one.order))
        modelled[i] = await steps[i]?.run(model, known);
      for (const [i, { hold }] of steps.entries()) {
        const wasThere = before.has(hold);
        before.add(hold);
        const replies = [first.replies[i], modelled[i]].map((reply) => plain(reply, wasThere));
        expect(replies[0], `round ${round}, ${hold}`).toEqual(replies[1]);
      }
      const acted = act && (await model.act(act));
      expect(plain(first.acted ?? null)).toEqual(plain(acted ?? null));
      if (round % 10 !== 9) continue;
      const third = await standing(model, asked, now);
      for (const { store } of [one, other])
        expect(await standing(store, asked, now)).toEqual(third);
      expect(await one.rows()).toEqual(await other.rows());
    }
    expect(other.seen.atOnce).toBe(0);
    expect(one.seen.atOnce).toBeGreaterThan(10);
    expect(one.seen.inTurn).toBeGreaterThan(5);
    const lines = await model.lines({ limit: 10_000 });
    const kinds = new Set(lines.map(({ kind }) => kind));
    expect([...kinds]).toEqual(expect.arrayContaining(["charge", "correction", "adjustment"]));
  },
  60_000,
);
