/** What a token is by its looks. */
export const KIND = {
  word: 0,
  /** A plain number: it means something, so it stays. */
  number: 1,
  /** A path, or words joined by slashes. */
  path: 2,
  /** An id of mixed letters and digits: it names something, but says nothing of how things stand. */
  id: 3,
  /** A time, a duration, an address, a UUID: another one each time. */
  volatile: 4,
} as const;

/** How many characters of each sort a token has; in a text. */
export interface Shape {
  readonly from: number;
  readonly to: number;
  readonly letters: number;
  readonly digits: number;
  readonly dashes: number;
  readonly colons: number;
  readonly slashes: number;
  readonly dots: number;
}

/** What a token is by its looks, without what stands around it. */
export function kindOf(shape: Shape, text: string): number {
  const { letters, digits, dashes, slashes, from, to } = shape;
  const length = to - from;
  if (digits === 0) {
    if (slashes > 0) return KIND.path;
    // A code in capitals, such as KXTR-QWPL.
    return dashes > 0 && length >= 8 && isInCapitals(text, from, to) ? KIND.id : KIND.word;
  }
  if (isTime(shape) || isUuid(shape, text) || isAddress(shape, text)) return KIND.volatile;
  if (letters === 0 && dashes === 0 && slashes === 0) {
    return isEpoch(shape, text) ? KIND.volatile : KIND.number;
  }
  if (isDuration(shape, text)) return KIND.volatile;
  if (slashes > 0) return KIND.path;
  return letters > 0 && (length >= 6 || dashes > 0) ? KIND.id : KIND.number;
}

/** 12:30:05, 2026-01-02T12:30:05Z; a date alone means something. */
function isTime({ colons, letters }: Shape): boolean {
  return colons >= 2 && letters <= 2;
}

function isUuid({ dashes, from, to }: Shape, text: string): boolean {
  if (dashes !== 4 || to - from !== 36) return false;
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at) | 32;
    if (code > 102 && code < 123) return false;
  }
  return true;
}

function isInCapitals(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code > 96 && code < 123) return false;
  }
  return true;
}

/** 0x7f3a2c10 */
function isAddress({ letters, from, to }: Shape, text: string): boolean {
  const isPrefixed = text.charCodeAt(from) === 48 && (text.charCodeAt(from + 1) | 32) === 120;
  return letters > 0 && isPrefixed && to - from >= 8;
}

/** Seconds or milliseconds since 1970, for a date from 2001 to 2033. */
function isEpoch({ dots, colons, from, to }: Shape, text: string): boolean {
  const length = to - from;
  return (
    dots === 0 && colons === 0 && (length === 10 || length === 13) && text.charCodeAt(from) === 49
  );
}

/** 40ms, 12.3s */
function isDuration({ letters, digits, dots, from, to }: Shape, text: string): boolean {
  return (
    (letters === 1 || letters === 2) &&
    letters + digits + dots === to - from &&
    (text.charCodeAt(to - 1) | 32) === 115 &&
    text.charCodeAt(to - letters - 1) < 58
  );
}
