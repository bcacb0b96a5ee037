const MOST = 16_384;
/** A larger one would take long to write. */
const MAX_BIGINT = 2n ** 256n;

/** A result as text, without ever throwing; what is no text is written as JSON, up to a bound. */
export function textOf(output: unknown): string {
  if (typeof output === "string") return output;
  if (output === undefined || output === null) return "";
  try {
    return new Writer().write(output);
  } catch {
    // A getter or a proxy that throws: its result tells nothing.
    return "";
  }
}

/** Writes what JSON would, but ends at a bound, and neither trips over a cycle nor over a bigint. */
class Writer {
  #text = "";
  #left = 4096;

  write(value: unknown, depth = 0): string {
    if (depth > 64 || this.#left-- < 0 || this.#text.length > MOST) return this.#text;
    if (typeof value === "string") this.#text += `"${value.slice(0, MOST)}"`;
    else if (typeof value === "bigint") this.#text += value > MAX_BIGINT ? "large" : String(value);
    else if (typeof value !== "object" || value === null) this.#text += plain(value);
    else if (Array.isArray(value)) this.#list(value, depth);
    else this.#entries(value, depth);
    return this.#text;
  }

  #list(values: readonly unknown[], depth: number): void {
    this.#text += "[";
    for (const value of values) {
      if (this.#left < 0) break;
      this.write(value, depth + 1);
      this.#text += ",";
    }
    this.#text += `]${values.length}`;
  }

  #entries(values: object, depth: number): void {
    this.#text += "{";
    for (const key in values) {
      if (this.#left < 0) break;
      this.#text += `"${key.slice(0, 256)}":`;
      this.write(Reflect.get(values, key), depth + 1);
      this.#text += ",";
    }
    this.#text += "}";
  }
}

function plain(value: unknown): string {
  const isPlain = typeof value === "number" || typeof value === "boolean" || value === null;
  return isPlain ? String(value) : typeof value;
}
