import { Pool } from "pg";

/** A pool whose idle clients may lose their server: the next query says so. */
export function openPool(url: string, max: number = 10): Pool {
  const pool = new Pool({ connectionString: url, max });
  pool.on("error", () => {});
  return pool;
}
