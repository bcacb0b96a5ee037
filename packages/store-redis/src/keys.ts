/** The names of all keys. The braces put one budget into one slot of a cluster. */
export interface Keys {
  readonly base: string;
  /** The data set: what it is, and how often it was written. */
  readonly meta: string;
  readonly holds: string;
  readonly lines: string;
  /** `c` counter · `a`, `w` a family's other windows · `h` hold · `l` lease · `t` thread · `i` its items · `tr` its runs · `r` run · `lines:…` indexes. */
  of(kind: string, name: string): string;
}

export function keysOf(prefix: string): Keys {
  const base = `{${prefix}}:`;
  return {
    base,
    meta: `${base}meta`,
    holds: `${base}holds`,
    lines: `${base}lines`,
    of: (kind, name) => `${base}${kind}:${part(name)}`,
  };
}

/** A name as it goes into a key: halves of surrogate pairs, which UTF-8 can't tell apart, spelled out. */
export function part(name: string): string {
  return name.isWellFormed() && !name.startsWith("\0") ? name : `\0${JSON.stringify(name)}`;
}
