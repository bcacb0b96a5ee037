/** An aborted run always rejects with an error, whatever the app gave as the reason. */
export function abortError(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error
    ? reason
    : new DOMException("The run was aborted.", { name: "AbortError", cause: reason });
}

/** @throws the signal's reason, as an error. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortError(signal);
}
