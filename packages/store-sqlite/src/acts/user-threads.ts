import type { DatabaseSync } from "node:sqlite";

/** What acts do to a user's threads and runs. */
export interface UserThreads {
  move(user: string, into: string): void;
  forget(user: string): void;
}

export function userThreads(db: DatabaseSync): UserThreads {
  const moves = [
    "UPDATE threads SET user = $into WHERE user = $user",
    "UPDATE runs SET user = $into, record = json_set(record, '$.user', $into) WHERE user = $user",
  ].map((sql) => db.prepare(sql));
  const deletes = [
    "items WHERE thread IN (SELECT id FROM threads WHERE user = ?)",
    "threads WHERE user = ?",
    "runs WHERE user = ?",
  ].map((rest) => db.prepare(`DELETE FROM ${rest}`));

  return {
    move: (user, into) => {
      for (const statement of moves) statement.run({ user, into });
    },
    forget: (user) => {
      for (const statement of deletes) statement.run(user);
    },
  };
}
