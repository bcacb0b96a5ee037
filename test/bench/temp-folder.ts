import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** An empty folder that is gone when the scenario is. */
export async function tempFolder(closing: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "assistants-budget-bench-"));
  closing.defer(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
