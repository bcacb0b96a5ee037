/** A run's turn in its thread: what was there, what has come since, and what of it is sent. */
import { BudgetError } from "../errors.ts";
import type { Item, Mark } from "../ledger/index.ts";
import { byteLength } from "../rules/index.ts";
import type { Truncation } from "./assistant.ts";
import type { Lease } from "./lease.ts";
import { type PromptSize, itemsToDrop, sizeOf } from "./prompt.ts";

/** The part of the body that is the same in every step of a run. */
export interface Frame {
  readonly instructions?: string;
  readonly tools?: readonly Readonly<Record<string, unknown>>[];
  /** Hash of all that the provider's count depends on beside the items. */
  readonly fingerprint: string;
}

/** What one step sends otherwise than the others. */
export interface StepView {
  /** Comes after everything; it is not kept. */
  readonly note?: Item;
  /** The last answer's calls and their outputs: these cut short, or both left out. */
  readonly round?: "cut" | "left out";
}

export interface Turn {
  /** What the next step sends. */
  input(view?: StepView): readonly Item[];
  size(view?: StepView): PromptSize;
  /** Whether tools were called in the answer before. */
  readonly hasRound: boolean;
  /** The provider has counted what `input()` was. */
  counted(promptTokens: number, size: PromptSize): void;
  /** An answer's items; reasoning is sent again within the run, but not kept. */
  answered(items: readonly Item[], reasoningTokens: number): void;
  add(items: readonly Item[]): void;
  /** All that this run has added and that is kept, also before it was resumed. */
  readonly added: readonly Item[];
  /** What has been added since the last save, with the state to be saved. */
  unsaved(): {
    readonly append: readonly Item[];
    readonly first: number;
    readonly mark: Mark | undefined;
  };
  saved(): void;
}

/** Characters that the outputs of a round may have together where they have to be cut. */
const CUT_OUTPUTS = 600;

export function openTurn(
  lease: Lease,
  frame: Frame,
  options: {
    readonly run: string;
    readonly input: readonly Item[];
    readonly maxContextTokens: number;
    readonly truncation: Truncation;
  },
): Turn {
  const { fingerprint, ...shown } = frame;
  const itemsOf = (isOwn: boolean): readonly Item[] =>
    lease.items.filter(({ run }) => (run === options.run) === isOwn).map(({ item }) => item);
  const history = itemsOf(false);
  /** What it added before it was resumed. */
  const own = itemsOf(true);
  const dropped = dropOld();
  const first = lease.first + dropped;
  const kept = history.slice(dropped);
  const added: Item[] = [...own];
  /** As it is sent: what is kept, and this run's reasoning between it. */
  const fresh: Item[] = [...own];
  let reasoningTokens = 0;
  /** Where the last answer's calls begin in `fresh`, and the reasoning that led to them. */
  let round: { readonly at: number; readonly reasoned: number } | undefined;
  let mark = lease.mark?.fingerprint === fingerprint ? lease.mark : undefined;
  /** The mark that still holds when this run's reasoning is gone from the prompt. */
  let lasting = mark;
  let saved = own.length;
  add(options.input);

  function dropOld(): number {
    const { maxContextTokens, truncation } = options;
    const input = [...own, ...options.input];
    const known = lease.mark?.fingerprint === fingerprint ? lease.mark : undefined;
    const sizes = history.map((item) => byteLength(JSON.stringify(item)) + 1);
    const whole = sizeOf(
      { ...shown, input: [...history, ...input] },
      { mark: known, first: lease.first, reasoningTokens: 0 },
    );
    const perByte = whole.estimate / whole.bytes;
    const drop = itemsToDrop(history, truncation, (count, share) => {
      const gone = sizes.slice(0, count).reduce((sum, size) => sum + size, 0);
      return (whole.bytes - gone) * perByte <= maxContextTokens * share;
    });
    const gone = sizes.slice(0, drop).reduce((sum, size) => sum + size, 0);
    const estimate = Math.ceil((whole.bytes - gone) * perByte);
    if (estimate > maxContextTokens && own.length === 0) {
      throw new BudgetError("input_too_large", {
        message: `The input is about ${estimate} tokens with the assistant's instructions and tools; one step may send ${maxContextTokens}. Send less, or raise \`maxContextTokens\`.`,
        detail: "Your message is too long. Send a shorter one.",
      });
    }
    return drop;
  }

  function add(items: readonly Item[]): void {
    added.push(...items);
    fresh.push(...items);
  }

  function inputOf({ note, round: how }: StepView): readonly Item[] {
    const end = note ? [note] : [];
    if (!how || !round) return [...kept, ...fresh, ...end];
    const before = [...kept, ...fresh.slice(0, round.at)];
    return how === "left out"
      ? [...before, ...end]
      : [...before, ...withShortOutputs(fresh.slice(round.at), CUT_OUTPUTS), ...end];
  }

  function sizeOfView(view: StepView): PromptSize {
    const reasoned = view.round === "left out" ? (round?.reasoned ?? 0) : 0;
    const known = { mark, first, reasoningTokens: reasoningTokens - reasoned };
    return sizeOf({ ...shown, input: inputOf(view) }, known);
  }

  return {
    added,
    add,
    input: (view = {}) => inputOf(view),
    size: (view = {}) => sizeOfView(view),
    get hasRound() {
      return round !== undefined;
    },
    counted: (promptTokens, { bytes }) => {
      // A server that counts nothing has not counted.
      if (promptTokens === 0) return;
      const next = first + kept.length + fresh.length;
      mark = { fingerprint, first, next, bytes, promptTokens };
      // What is sent next time has no reasoning in it: only a prompt without any stays countable.
      if (fresh.length === added.length) lasting = mark;
      reasoningTokens = 0;
    },
    answered: (items, reasoned) => {
      round = { at: fresh.length, reasoned };
      for (const item of items) {
        fresh.push(item);
        if (item.type !== "reasoning") added.push(item);
      }
      reasoningTokens += reasoned;
    },
    unsaved: () => ({ append: added.slice(saved), first, mark: lasting }),
    saved: () => {
      saved = added.length;
    },
  };
}

/** A round's items with outputs that are short together; nothing else is touched. */
function withShortOutputs(items: readonly Item[], characters: number): readonly Item[] {
  const outputs = items.filter(({ type }) => type === "function_call_output");
  const most = Math.floor(characters / Math.max(1, outputs.length));
  return items.map((item) => {
    const { output } = item;
    if (item.type !== "function_call_output" || typeof output !== "string") return item;
    return output.length <= most
      ? item
      : { ...item, output: `${output.slice(0, most).toWellFormed()} [cut]` };
  });
}
