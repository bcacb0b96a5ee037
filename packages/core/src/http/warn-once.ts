/** Warnings for the developer: each has a permanent code and a paragraph in `docs/errors.md`, and is given once. */
import type { Log } from "../options.ts";

export type WarnOnce = (code: WarningCode, message: string) => void;

/** What an adapter can find wrong with how it is used. */
type WarningCode =
  | "ERR_AB_REFUSAL_REPLACED"
  | "ERR_AB_MOUNTED_BEFORE_SIGN_IN"
  | "ERR_AB_DOUBLE_MOUNT"
  | "ERR_AB_NO_IDENTITY_SEEN"
  | "ERR_AB_SECOND_ISSUER"
  | "ERR_AB_ON_WARNING_FAILED";

export function warnOnce(log: Log): WarnOnce {
  const given = new Set<WarningCode>();
  return (code, message) => {
    if (given.has(code)) return;
    given.add(code);
    log.warn(`assistants-budget: ${code}: ${message}`);
  };
}
