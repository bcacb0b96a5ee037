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

export interface Turn {
  /** What the next step sends. */
  input(): readonly Item[];
  size(): PromptSize;
  /** The provider has counted what `input()` was. */
  counted(promptTokens: number, size: PromptSize): void;
  /** An answer's items; reasoning is sent again within the run, but not kept. */
  answered(items: readonly Item[], reasoningTokens: number): void;
  add(items: readonly Item[]): void;
  /** All that this run has added and that is kept. */
  readonly added: readonly Item[];
  /** What has been added since the last save, with the state to be saved. */
  unsaved(): {
    readonly append: readonly Item[];
    readonly first: number;
    readonly mark: Mark | undefined;
  };
  saved(): void;
}

export function openTurn(
  lease: Lease,
  frame: Frame,
  options: {
    readonly input: readonly Item[];
    readonly maxContextTokens: number;
    readonly truncation: Truncation;
  },
): Turn {
  const { fingerprint, ...shown } = frame;
  const history = lease.items.map(({ item }) => item);
  const dropped = dropOld();
  const first = lease.first + dropped;
  const kept = history.slice(dropped);
  const added: Item[] = [];
  /** As it is sent: what is kept, and this run's reasoning between it. */
  const fresh: Item[] = [];
  let reasoningTokens = 0;
  let mark = lease.mark?.fingerprint === fingerprint ? lease.mark : undefined;
  /** The mark that still holds when this run's reasoning is gone from the prompt. */
  let lasting = mark;
  let saved = 0;
  add(options.input);

  function dropOld(): number {
    const { maxContextTokens, truncation, input } = options;
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
    if (estimate > maxContextTokens) {
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

  return {
    added,
    add,
    input: () => [...kept, ...fresh],
    size: () => sizeOf({ ...shown, input: [...kept, ...fresh] }, { mark, first, reasoningTokens }),
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
