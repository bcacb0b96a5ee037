/** What an operator says, as plain data: through whichever process, and again by the same id. */
import type { ActLine, Budget, LimitText, ScopeLimits } from "@assistants-budget/core";

type Subject = Readonly<Record<string, string>>;

export type Word =
  | { readonly word: "credit"; readonly subject: Subject; readonly amount: LimitText }
  | {
      readonly word: "setLimits";
      readonly subject: Subject;
      readonly limits: ScopeLimits | null;
    }
  | { readonly word: "freeze" | "unfreeze"; readonly user: string }
  | { readonly word: "correct"; readonly hold: string; readonly usd: string }
  | { readonly word: "merge"; readonly from: string; readonly into: string };

/** A word with its id: said twice, it is done once. */
export interface SaidWord {
  readonly id: string;
  readonly word: Word;
}

export function say({ operator }: Pick<Budget, "operator">, said: SaidWord): Promise<ActLine> {
  const { id, word } = said;
  const by = { by: "chaos", why: "a storm", id };
  switch (word.word) {
    case "credit":
      return operator.credit(word.subject, word.amount, by);
    case "setLimits":
      return operator.setLimits(word.subject, word.limits, by);
    case "freeze":
      return operator.freeze({ user: word.user }, by);
    case "unfreeze":
      return operator.unfreeze({ user: word.user }, by);
    case "correct":
      return operator.correct(word.hold, word.usd, by);
    case "merge":
      return operator.merge(word.from, word.into, by);
  }
}
