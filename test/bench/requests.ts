/** The only place that knows how a reserve and a charge are written. */
import {
  type Charge,
  FOREVER,
  NO_USAGE,
  type ReserveRequest,
  type WindowClaim,
} from "@assistants-budget/core/store";

/** A limit that no bench reaches: nine million dollars. */
const LIMIT = 9e15;
const USERS = 1000;
const TENANTS = 10;

/** What each step holds and is charged, in nano-dollars. */
export const HELD = 2_250_000;
export const SPENT = 1_000_000;

/** Thousandths of a limit at which a notice is written: none is reached. */
export const THRESHOLDS: readonly number[] = [800, 1000];

interface Subjects {
  readonly user: string;
  readonly thread: string;
  readonly tenant: string;
}

/** Whose turn it is: a thousand users in ten tenants, one after the other. */
export function subjectsOf(turn: number): Subjects {
  const user = turn % USERS;
  return { user: `user-${user}`, thread: `thread-${user}`, tenant: `tenant-${user % TENANTS}` };
}

function claim(scope: string, period: string, subject: string) {
  return {
    family: `${scope}|usd|${period}|${subject}`,
    scope,
    subject,
    unit: "usd" as const,
    period,
    zone: "UTC",
    limit: LIMIT,
    cap: LIMIT,
    fixed: 250_000_000,
    perOutput: 2_000_000,
  };
}

/** The five windows of a step: user day, user month, thread, tenant month, app month. */
export function claimsOf({ user, thread, tenant }: Subjects, at: Date): readonly WindowClaim[] {
  const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()];
  const days = { start: Date.UTC(year, month, day), end: Date.UTC(year, month, day + 1) };
  const months = { start: Date.UTC(year, month), end: Date.UTC(year, month + 1) };
  return [
    { ...claim("user", "day", user), ...days },
    { ...claim("user", "month", user), ...months },
    { ...claim("thread", "lifetime", thread), start: 0, end: FOREVER },
    { ...claim("tenant", "month", tenant), ...months },
    { ...claim("app", "month", "app"), ...months },
  ];
}

/** Nobody has said anything of them. */
function settingsOf({ user, thread, tenant }: Subjects): ReserveRequest["subjects"] {
  return Object.entries({ user, thread, tenant, app: "app" }).map(([scope, subject]) => ({
    scope,
    subject,
    version: 0,
  }));
}

let made = 0;
const OWNER = `${Date.now().toString(36)}-${process.pid}`;
const known = new Map<string, readonly WindowClaim[]>();

/** The next step's request. Its claims are made once a day and user: what is measured is the store. */
export function nextRequest(): ReserveRequest {
  made += 1;
  const subjects = subjectsOf(made);
  let claims = known.get(subjects.user);
  if (!claims || (claims[0]?.end ?? 0) <= Date.now()) {
    claims = claimsOf(subjects, new Date());
    known.set(subjects.user, claims);
  }
  const hold = `hold-${OWNER}-${made.toString().padStart(9, "0")}`;
  return {
    hold,
    owner: OWNER,
    ttlMs: 600_000,
    output: { min: 256, max: 1000 },
    claims,
    subjects: settingsOf(subjects),
    thresholds: THRESHOLDS,
    ceiling: { fixed: 250_000_000, perOutput: 2_000_000 },
    facts: {
      user: subjects.user,
      thread: subjects.thread,
      run: `run-${made}`,
      step: `step-${made}`,
      assistant: "support",
      model: "gpt-6-luna",
      tier: "default",
      priceVersion: "2026-11-22",
      promptTokens: 500,
    },
  };
}

export const CHARGE: Charge = {
  nano: SPENT,
  tokens: 875,
  known: "reported",
  usage: { ...NO_USAGE, promptTokens: 500, completionTokens: 375, totalTokens: 875 },
  model: "gpt-6-luna",
  tier: "default",
};
