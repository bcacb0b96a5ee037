/** Reads parsed JSON of which nothing is known yet. */
import assert from "node:assert/strict";

type Path = readonly (string | number)[];

/** What is at a path; undefined where there is nothing. */
export function at(value: unknown, ...path: Path): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== "object" || found === null) return undefined;
    found = Reflect.get(found, key);
  }
  return found;
}

/** The text at a path, which must be there. */
export function textAt(value: unknown, ...path: Path): string {
  const found = at(value, ...path);
  assert.ok(typeof found === "string", `expected a text at ${path.join(".")}`);
  return found;
}

/** The object at a path, which must be there. */
export function objectAt(value: unknown, ...path: Path): Readonly<Record<string, unknown>> {
  const found = at(value, ...path);
  assert.ok(typeof found === "object" && found !== null, `expected an object at ${path.join(".")}`);
  return Object.fromEntries(Object.entries(found));
}

/** The list at a path, which must be there. */
export function listAt(value: unknown, ...path: Path): readonly unknown[] {
  const found = at(value, ...path);
  assert.ok(Array.isArray(found), `expected a list at ${path.join(".")}`);
  return found;
}
