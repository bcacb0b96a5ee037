/** The names of all keys. The braces put one budget into one slot of a cluster. */
export interface Keys {
  readonly base: string;
  /** The data set: what it is, and how often it was written. */
  readonly meta: string;
  /**
   * `c` counter · `a`, `w` a family's other windows · `m` where a window was moved · `f` a subject's
   * families · `s` settings · `al` aliases · `h` hold, open or ended · `act` act · `l` lease · `t`
   * thread · `i` its items · `tr` its runs · `ut` a user's threads · `r` run · `lines:…` lines and indexes.
   */
  of(kind: string, name: string): string;
}

export function keysOf(prefix: string): Keys {
  const base = `{${prefix}}:`;
  return { base, meta: `${base}meta`, of: (kind, name) => `${base}${kind}:${part(name)}` };
}

// What JSON spells otherwise; halves of surrogate pairs, which UTF-8 can't tell apart, are checked for apart.
// oxlint-disable-next-line no-control-regex -- they are what JSON escapes
const SPELLED = /["\\\u0000-\u001f]/u;

/** The keys of one tag: no prefix has braces, so that no other budget's keys begin the same. */
export function tagKeysOf(prefix: string, tag: string): Keys {
  return keysOf(`${prefix}{${part(tag)}`);
}

/** A name as it stands in keys and scripts: as in JSON, so that scripts answer JSON by putting quotes around it. */
export function part(name: string): string {
  return name.isWellFormed() && !SPELLED.test(name) ? name : JSON.stringify(name).slice(1, -1);
}

/** The name again. */
export function nameOf(spelled: string): string {
  if (!spelled.includes("\\")) return spelled;
  const name: unknown = JSON.parse(`"${spelled}"`);
  return String(name);
}
