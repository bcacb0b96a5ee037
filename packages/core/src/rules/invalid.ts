/** JSON of a value as found, or its name where JSON has none; cut at 80 characters. */
function shown(found: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(found);
  } catch {
    // Cycles and bigints: their plain name says enough.
  }
  text ??= String(found);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

/**
 * A value from the app's configuration that can't be used. Its message is one sentence that names
 * the path, what was found and what is allowed.
 */
export class InvalidValue extends Error {
  override readonly name = "InvalidValue";
  /** Where the value stands, such as `limits.user[0]`. */
  readonly path: string;
  /** The value itself, uncut. */
  readonly found: unknown;
  /** What may stand there, as the end of a sentence: `a whole number from 1 to 64`. */
  readonly allowed: string;

  constructor(at: { readonly path: string; readonly found: unknown; readonly allowed: string }) {
    super(`${at.path} is ${shown(at.found)}, but must be ${at.allowed}.`);
    this.path = at.path;
    this.found = at.found;
    this.allowed = at.allowed;
  }
}
