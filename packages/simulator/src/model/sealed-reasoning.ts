const MARK = "gAAAAA";

/**
 * Sealed reasoning says how many tokens it holds and is at least as many bytes long,
 * so that the bytes of a request stay a bound of its tokens.
 */
export function sealReasoning(tokens: number): string {
  return `${MARK}${tokens}.`.padEnd(Math.max(64, tokens), "x");
}

/** The tokens that sealed reasoning costs as input. A seal that is not ours costs its bytes. */
export function sealedTokens(sealed: string): number {
  const match = /^gAAAAA(\d+)\./.exec(sealed);
  return Math.min(Number(match?.[1] ?? sealed.length), sealed.length);
}
