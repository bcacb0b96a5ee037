/** A model call's bad ending, in our codes. */
import { BudgetError, type ErrorCode } from "../errors.ts";
import type { Ending, NotSpent } from "./backend.ts";

type Failure = Exclude<Ending, { kind: "answered" }> | (Ending & { readonly status: "failed" });

const REASONS: Readonly<Record<NotSpent["reason"], { code: ErrorCode; advice: string }>> = {
  rate_limited: {
    code: "provider_rate_limited",
    advice: "Raise the rate limit of the provider's project, or send less at once.",
  },
  busy: { code: "provider_rate_limited", advice: "Try again in a moment." },
  quota: {
    code: "provider_quota_exhausted",
    advice:
      "The provider's own account is out of money or at its spend limit: see its billing page.",
  },
  unreachable: {
    code: "provider_unreachable",
    advice: "Check `baseURL` (or OPENAI_BASE_URL) and the network.",
  },
  refused: {
    code: "provider_refused",
    advice: "The provider did not take the request; the error's `cause` has its words.",
  },
  key: {
    code: "provider_refused",
    advice: "Check the API key (OPENAI_API_KEY) and what its project may use.",
  },
};

export function providerError(ending: Failure): BudgetError {
  switch (ending.kind) {
    case "not_spent": {
      const { code, advice } = REASONS[ending.reason];
      return new BudgetError(code, {
        message: `The provider was not used: ${ending.message}. ${advice} Nothing was spent.`,
        ...(ending.reason === "rate_limited" || ending.reason === "busy"
          ? { retryAfter: ending.retryAfter ?? 5 }
          : {}),
        cause: ending.cause,
      });
    }
    case "server_error":
      return new BudgetError("provider_unreachable", {
        message: `The provider failed: ${ending.message}.`,
        retryAfter: 5,
        cause: ending.cause,
      });
    case "lost":
      return new BudgetError(ending.timedOut ? "provider_timeout" : "provider_unreachable", {
        message: `The provider's answer was lost: ${ending.message}.`,
        retryAfter: 5,
        cause: ending.cause,
      });
    case "answered":
      return new BudgetError(
        ending.reason === "rate_limit_exceeded" ? "provider_rate_limited" : "provider_refused",
        { message: `The provider's response failed: ${ending.reason ?? "no reason given"}.` },
      );
  }
}
