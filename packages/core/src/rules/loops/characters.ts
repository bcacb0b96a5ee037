/** What a character is to the reader of a text. */
export const SPACE = 0;
export const LETTER = 1;
export const DIGIT = 2;
/** Joins what stands on both sides of it to one token: `12:30:05`, `a/b.ts`, `don't`. */
export const JOINT = 3;
const MARK = 4;

const CLASSES = new Uint8Array(128).fill(MARK).fill(SPACE, 0, 33).fill(DIGIT, 48, 58);
CLASSES.fill(LETTER, 65, 91).fill(LETTER, 97, 123);
CLASSES["_".charCodeAt(0)] = LETTER;
for (const joint of "-:./+@'") CLASSES[joint.charCodeAt(0)] = JOINT;

/** The class of a UTF-16 unit; all that is not ASCII counts as letters. */
export function classOf(code: number): number {
  return code < 128 ? (CLASSES[code] ?? MARK) : LETTER;
}
