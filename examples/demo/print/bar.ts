/** Bars of eighths of a block, so that small differences can be seen. */
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"] as const;

/** A bar of so many blocks; `+` marks one that would be longer than `most`. */
export function bar(blocks: number, most: number): string {
  if (blocks > most) return `${"█".repeat(most - 1)}+`;
  const whole = Math.floor(blocks);
  return "█".repeat(whole) + (EIGHTHS[Math.floor((blocks - whole) * 8)] ?? "");
}

/** A bar in a frame of fixed width: a share between 0 and 1 of it is filled. */
export function meter(share: number, width: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width);
  return "█".repeat(filled) + "░".repeat(width - filled);
}
