const SAMPLES = 32;

/**
 * The part of a text that is read: all of it, or, beyond `most`, its beginning, its end and samples
 * from between, so that the cost of a text is bounded and two texts that only begin alike stay apart.
 */
export function readable(text: string, most: number): string {
  const { length } = text;
  if (length <= most) return text;
  const head = most >> 1;
  const tail = most >> 2;
  const sample = Math.max(2, Math.floor((most >> 2) / (SAMPLES + 1)));
  const step = (length - head - tail) / SAMPLES;
  let read = text.slice(0, head);
  for (let at = 0; at < SAMPLES; at++) {
    const from = Math.floor(head + step * at);
    read += ` ${text.slice(from, from + sample - 1)}`;
  }
  return read + text.slice(length - tail);
}
