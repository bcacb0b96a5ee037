import type { Store } from "@assistants-budget/core/store";
import type { AppNews } from "./app-process.ts";

const PAUSE_MS = 250;

/** Tells by whose name a process holds, and which scopes have refused it: clients are not shown the shared ones. */
export function watchedReserves(store: Store, tell: (news: AppNews) => void): Store {
  const refused: Record<string, number> = {};
  let owner: string | undefined;
  let timer: NodeJS.Timeout | undefined;

  return {
    ...store,
    reserve: async (request) => {
      if (owner !== request.owner) tell({ owner: (owner = request.owner) });
      const reply = await store.reserve(request);
      if (reply.kind === "refused") {
        for (const i of reply.refused) {
          const scope = request.claims[i]?.scope ?? "none";
          refused[scope] = (refused[scope] ?? 0) + 1;
        }
        timer ??= setTimeout(() => {
          timer = undefined;
          tell({ refused });
        }, PAUSE_MS);
        timer.unref();
      }
      return reply;
    },
  };
}
