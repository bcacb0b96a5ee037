/** What operators say, as it is sent and answered. */
import type { Act, ActReply, LedgerStore } from "@assistants-budget/core/store";
import { type Call, sqlState } from "./client.ts";
import { whole } from "./exact.ts";
import type { Host } from "./host.ts";
import { type LineReply, type StateReply, actOf, stateOf } from "./replies.ts";
import { type SettingsReply, keyOf, settingsOf } from "./settings.ts";
import { STILL_OPEN } from "./sql/acts.ts";

const SETTINGS: Call<readonly (SettingsReply | null)[]> = { name: "settings_v1", types: ["json"] };

const ACT: Call<
  | readonly ["done", line: LineReply, window: StateReply | null]
  | readonly ["already", line: LineReply]
  | readonly ["stale", now: number]
  | readonly ["refused", reason: Extract<ActReply, { kind: "refused" }>["reason"]]
> = { name: "act_v1", types: ["bigint", "json"] };

export function acts({
  ask,
  clock,
}: Pick<Host, "ask" | "clock">): Pick<LedgerStore, "act" | "settings"> {
  return {
    settings: async (subjects) => {
      const replies = await ask(SETTINGS, JSON.stringify(subjects.map(keyOf)));
      return subjects.map((key, i) => settingsOf(key, replies[i] ?? null));
    },
    act: async (act) => {
      const reply = await ask(ACT, clock(), JSON.stringify(asked(act))).catch((error: unknown) => {
        if (sqlState(error) === STILL_OPEN) return ["refused", "open"] as const;
        throw error;
      });
      switch (reply[0]) {
        case "done": {
          const [kind, line, window] = reply;
          return { kind, line: actOf(line), ...(window ? { window: stateOf(window) } : {}) };
        }
        case "already":
          return { kind: reply[0], line: actOf(reply[1]) };
        case "stale":
          return { kind: reply[0], now: reply[1] };
        case "refused":
          return { kind: reply[0], reason: reply[1] };
      }
    },
  };
}

/** @throws RangeError for an amount that is not a whole number. */
function asked(act: Act): object {
  const { by, why, ...rest } = act;
  const said = { id: act.id, kind: act.kind, said: JSON.stringify({ by, why }), act: rest };
  switch (act.kind) {
    case "limits": {
      const limits = act.limits == null ? {} : { limits: JSON.stringify(act.limits) };
      return { ...said, scope: act.scope, subject: act.subject, ...limits };
    }
    case "freeze":
    case "unfreeze":
      return { ...said, scope: act.scope, subject: act.subject };
    case "credit": {
      whole(act.amount);
      const { family, scope, subject, unit, period, zone, start, end, rollingMs } = act.window;
      const win = { family, scope, subject, unit, period, zone, starts: start, ends: end };
      return { ...said, scope, subject, amount: act.amount, win: { ...win, rolling: rollingMs } };
    }
    case "adjustment":
      whole(act.nano);
      return { ...said, hold: act.hold, nano: act.nano };
    case "merge":
      return { ...said, scope: act.scope, subject: act.subject, target: act.into };
    case "forget": {
      const { scope, subject, pseudonym } = act;
      return { ...said, scope, subject, pseudonym };
    }
  }
}
