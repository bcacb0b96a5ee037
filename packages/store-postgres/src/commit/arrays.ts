/** Arrays in the server's own words, which it reads much quicker than JSON's. */

export function numbers(all: readonly (number | null)[]): string {
  return `{${all.map((one) => one ?? "NULL").join(",")}}`;
}

export function texts(all: readonly (string | null)[]): string {
  return `{${all.map((one) => (one === null ? "NULL" : quoted(one))).join(",")}}`;
}

/** Of texts that are JSON: JSON's own quotes escape the same two signs, and there are no others in it that it would escape. */
export function jsons(all: readonly (string | null)[]): string {
  return `{${all.map((one) => (one === null ? "NULL" : JSON.stringify(one))).join(",")}}`;
}

function quoted(text: string): string {
  return `"${/["\\]/.test(text) ? text.replaceAll(/["\\]/g, String.raw`\$&`) : text}"`;
}
