import type { LimitsOption, Subject } from "@assistants-budget/fastify";

/** What everybody of one company may spend together, whatever their plans. */
const TENANT = "$50/month";

const PLANS = {
  free: { run: "$0.05", user: ["$0.20/day", "3 runs/day"], tenant: TENANT },
  pro: { run: "$0.25", user: ["$5/day", "$50/month"], tenant: TENANT },
} as const satisfies Record<string, LimitsOption>;

export type Plan = keyof typeof PLANS;

/** The limits of whoever asks, by the plan in their token. It could as well look it up. */
export function limitsOf({ plan }: Subject): LimitsOption {
  return plan === "pro" ? PLANS.pro : PLANS.free;
}
