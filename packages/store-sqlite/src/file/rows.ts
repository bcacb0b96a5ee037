/** Reading what SQLite gives back: one function a column type, each naming the column when it is not that. */
import type { SQLOutputValue } from "node:sqlite";

export type Row = Readonly<Record<string, SQLOutputValue>>;

export function int(row: Row | undefined, column: string): number {
  const value = row?.[column];
  if (typeof value !== "number") throw new TypeError(`column ${column}: expected a number`);
  return value;
}

export function text(row: Row | undefined, column: string): string {
  const value = row?.[column];
  if (typeof value !== "string") throw new TypeError(`column ${column}: expected a text`);
  return value;
}

export function optionalText(row: Row | undefined, column: string): string | undefined {
  return row?.[column] == null ? undefined : text(row, column);
}

export function optionalInt(row: Row | undefined, column: string): number | undefined {
  return row?.[column] == null ? undefined : int(row, column);
}

/** What this store wrote itself as JSON. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- names what was written there
export function json<T>(row: Row | undefined, column: string): T {
  const value: T = JSON.parse(text(row, column));
  return value;
}
