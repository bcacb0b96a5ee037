/** What operators say of subjects and charges, as a store keeps it. */
import type { WindowAt, WindowState } from "./store.ts";

/** One subject: `user` and `alice`. */
export interface SubjectKey {
  readonly scope: string;
  readonly subject: string;
}

/** The settings that somebody goes by. */
export interface SettingsVersion extends SubjectKey {
  readonly version: number;
}

/** What operators have said of one subject. */
export interface Settings extends SubjectKey {
  /** The number of the line that changed it last, so that it never comes back; 0 where nobody has said anything. */
  readonly version: number;
  /** In place of the app's limits of the same unit and period; `'unlimited'` lifts them all. */
  readonly limits?: readonly string[] | "unlimited";
  /** No step begins for it any more. */
  readonly frozen?: true;
  /** The subject that this one was merged into, and that now stands for it. */
  readonly alias?: string;
}

/** Who did it, and why. */
interface Signed {
  /** Made by the caller: by the same id it is answered again, and done once. */
  readonly id: string;
  readonly by: string;
  readonly why: string;
}

/** What an operator does. */
export type Act =
  /** Sets one subject's limits; null gives it back the app's. */
  | (Signed & SubjectKey & { readonly kind: "limits"; readonly limits: Settings["limits"] | null })
  | (Signed & SubjectKey & { readonly kind: "freeze" | "unfreeze" })
  /** Raises one window's limits by so many whole units, more than 0; `spent` stays what it is. */
  | (Signed & { readonly kind: "credit"; readonly window: WindowAt; readonly amount: number })
  /** What an ended hold did cost in truth: nano-dollars, 0 or more. Moves the difference in the windows of the charge. */
  | (Signed & { readonly kind: "adjustment"; readonly hold: string; readonly nano: number })
  /** Makes one user of two: windows, open holds, threads. `subject` stays behind as an alias of `into`. */
  | (Signed & {
      readonly kind: "merge";
      readonly scope: "user";
      readonly subject: string;
      readonly into: string;
    })
  /** Deletes a user's threads and settings, and puts a pseudonym wherever else the user stands. Sums stay. */
  | (Signed & {
      readonly kind: "forget";
      readonly scope: "user";
      readonly subject: string;
      readonly pseudonym: string;
    });

/** One kind of act. */
export type ActOf<Kind extends Act["kind"]> = Extract<Act, { kind: Kind }>;

/** A line of the ledger that tells what an operator did. */
export interface ActLine {
  readonly id: string;
  readonly kind: Act["kind"];
  readonly at: number;
  /** As it was asked for; of a `forget` with the pseudonym in the subject's place. */
  readonly act: Act;
  /** Of an adjustment: the difference, nano-dollars. */
  readonly nano?: number;
  /** Of a merge: what came into each window of the user that stays. */
  readonly moved?: readonly MovedWindow[];
}

/** What a merge added to one window, in whole units. */
export interface MovedWindow {
  readonly family: string;
  readonly start: number;
  readonly spent: number;
  readonly held: number;
  readonly credit: number;
}

export type ActReply =
  /** `window`: of a credit, as it stands after it. */
  | { readonly kind: "done"; readonly line: ActLine; readonly window?: WindowState }
  /** It was done before, by the same id. */
  | { readonly kind: "already"; readonly line: ActLine }
  /** Of a credit: the window is not the one that the store's clock is in. */
  | { readonly kind: "stale"; readonly now: number }
  /**
   * It can't be done. `unknown`: no such hold, or it was released · `open`: the hold has not ended, or
   * the user that is to be forgotten has open holds · `alias`: a user is merged into itself, or is an
   * alias already.
   */
  | { readonly kind: "refused"; readonly reason: "unknown" | "open" | "alias" };
