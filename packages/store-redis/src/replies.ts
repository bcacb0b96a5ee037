/** Reading what scripts answer: JSON, or texts and lists of texts, the same under RESP2 and RESP3. */
export type Reply = readonly unknown[];

export function list(value: unknown): Reply {
  if (!Array.isArray(value)) throw new TypeError(`Redis answered ${typeof value}, not a list`);
  return value;
}

export function text(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  throw new TypeError(`Redis answered ${typeof value}, not a text`);
}

export function int(value: unknown): number {
  const number = typeof value === "number" ? value : Number(text(value));
  if (!Number.isInteger(number)) throw new TypeError(`Redis answered no whole number`);
  return number;
}

/** What this store wrote itself as JSON. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- names what was written there
export function json<T>(value: unknown): T {
  const read: T = JSON.parse(text(value));
  return read;
}

/** A script's whole answer. */
export function replyOf(value: unknown): Reply {
  return Array.isArray(value) ? value : list(JSON.parse(text(value)));
}

/** A part of a reply that this store wrote itself as JSON. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- names what was written there
export function own<T>(value: unknown): T {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as in `json`
  return value as T;
}
