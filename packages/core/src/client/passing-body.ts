/** A provider's answer on its way to the app: read to its end, whoever listens. */

/** What looks at the bytes as they pass. */
export interface Passage {
  /** What of these bytes is handed on; waits where the ledger comes first. */
  take(chunk: Uint8Array): Promise<readonly Uint8Array[]>;
  /** There are no more: what is still to be handed on. */
  end(): Promise<readonly Uint8Array[]>;
  /** The connection broke, or fell silent. */
  broke(error: unknown, silent: boolean): Promise<void>;
}

export interface Passing {
  readonly body: ReadableStream<Uint8Array>;
  /** Resolves when the provider's answer has been read to its end. Never rejects. */
  readonly read: Promise<void>;
}

/** Milliseconds of silence that are waited for: while somebody listens, and when they have left. */
export interface Patience {
  readonly listening: number;
  readonly left: number;
}

/**
 * Hands a body on. When the app leaves, by its signal or by dropping the stream, the provider's
 * answer is read on: it is billed, and only its end says how much.
 */
export function passOn(
  source: ReadableStream<Uint8Array>,
  passage: Passage,
  {
    signal,
    patience,
    stop,
  }: {
    /** The app's. */
    readonly signal: AbortSignal | undefined;
    readonly patience: Patience;
    /** Ends the provider's connection. */
    readonly stop: () => void;
  },
): Passing {
  let out: ReadableStreamDefaultController<Uint8Array> | undefined;
  const reader = source.getReader();
  let isSilent = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function heard(): void {
    clearTimeout(timer);
    timer = setTimeout(fallenSilent, out ? patience.listening : patience.left);
  }

  function fallenSilent(): void {
    isSilent = true;
    stop();
    // A body that does not heed the signal ends all the same.
    reader.cancel().catch(() => undefined);
  }

  function leave(): ReadableStreamDefaultController<Uint8Array> | undefined {
    const left = out;
    out = undefined;
    signal?.removeEventListener("abort", aborted);
    if (left && timer !== undefined) heard();
    return left;
  }

  function aborted(): void {
    leave()?.error(signal?.reason);
  }

  function hand(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) out?.enqueue(piece);
  }

  async function readAll(): Promise<void> {
    heard();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done && isSilent) throw new Error("nothing was heard for too long");
        if (done) break;
        heard();
        hand(await passage.take(value));
      }
      clearTimeout(timer);
      timer = undefined;
      hand(await passage.end());
      leave()?.close();
    } catch (error) {
      clearTimeout(timer);
      timer = undefined;
      await passage.broke(error, isSilent);
      leave()?.error(error);
    }
  }

  const body = new ReadableStream<Uint8Array>({
    start: (controller) => void (out = controller),
    cancel: () => void leave(),
  });
  if (signal?.aborted) aborted();
  else signal?.addEventListener("abort", aborted);
  return { body, read: readAll() };
}
