/** What this store asks of a PostgreSQL client, and how it asks. */

/**
 * The one method that this store calls: a statement with numbered parameters, in a transaction of
 * its own. The `Pool` of `pg` fits as it is; of other clients pass an object that has it.
 */
export interface PostgresClient {
  query(
    text: string,
    values: (string | null)[],
  ): Promise<{ readonly rows: readonly (Readonly<Record<string, unknown>> | null)[] }>;
}

/** A call of one of the store's own functions, and what that answers. */
export interface Call<Reply> {
  /** `settle_v1`: a function in the store's schema. */
  readonly name: string;
  /** Casts that tell the server what each argument is; every one is sent as text. */
  readonly types: readonly ("bigint" | "bigint[]" | "boolean" | "json" | "text" | "text[]")[];
  /** Never there: it only carries the type. */
  readonly reply?: Reply;
}

type Argument = string | number | boolean | null | undefined;

/** Calls a function and gives back its answer. */
export type Ask = <Reply>(call: Call<Reply>, ...args: readonly Argument[]) => Promise<Reply>;

/** A deadlock or a collision was rolled back as a whole: nothing happened, and it may be asked again. */
const COLLISIONS: ReadonlySet<string> = new Set(["40001", "40P01"]);
const MOST_COLLISIONS = 20;

export function asking(client: PostgresClient, schema: string): Ask {
  return async <Reply>(call: Call<Reply>, ...args: readonly Argument[]): Promise<Reply> => {
    const places = call.types.map((type, i) => `$${i + 1}::text::${type}`).join(", ");
    const text = `SELECT ${schema}.${call.name}(${places}) AS reply`;
    const values = args.map((arg) => (arg === null || arg === undefined ? null : String(arg)));
    const { rows } = await again(() => client.query(text, values));
    const told = rows[0]?.["reply"];
    if (typeof told !== "string") throw new TypeError(`${call.name}: expected a text as answer`);
    const reply: Reply = JSON.parse(told);
    return reply;
  };
}

async function again<T>(ask: () => Promise<T>): Promise<T> {
  for (let collisions = 0; ; collisions += 1) {
    try {
      return await ask();
    } catch (error) {
      if (!COLLISIONS.has(sqlState(error) ?? "") || collisions >= MOST_COLLISIONS) throw error;
      await pause(Math.random() * 2 ** Math.min(collisions, 6));
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** The server's own code of an error, as every client hands it on. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : undefined;
}
