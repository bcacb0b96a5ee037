/** SQLite's errors, by the primary result code: the low byte of what the driver gives. */

/** Another connection has the file locked. */
const SQLITE_BUSY = 5;
/** The file is damaged. */
const SQLITE_CORRUPT = 11;
/** The file is none of SQLite's, or no longer. */
const SQLITE_NOTADB = 26;

/** Whether a lock is in the way, whatever for. */
export function isBusy(error: unknown): boolean {
  return codeOf(error) === SQLITE_BUSY;
}

/** Whether the file can't be read as a database. It may show only in use. */
export function isDamage(error: unknown): boolean {
  const code = codeOf(error);
  return code === SQLITE_CORRUPT || code === SQLITE_NOTADB;
}

/** Tries until no lock is in the way, for so long at most. Between two tries its caller waits. */
export function* untilFree<T>(work: () => T, patienceMs: number): Generator<void, T> {
  const giveUp = performance.now() + patienceMs;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || performance.now() > giveUp) throw error;
    }
    yield;
  }
}

function codeOf(error: unknown): number | undefined {
  return error instanceof Error && "errcode" in error && typeof error.errcode === "number"
    ? error.errcode & 0xff
    : undefined;
}
