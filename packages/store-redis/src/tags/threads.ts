/** Threads and runs: where their user is. Of a user without a tag they lie under that of no tenant. */
import type { ThreadStore } from "@assistants-budget/core/store";
import type { Homes } from "./homes.ts";
import type { Places } from "./places.ts";
import type { Tag, Tags } from "./tag.ts";

export interface ThreadsHost {
  readonly tags: Tags;
  readonly places: Places;
  readonly homes: Homes;
}

export function threads({ tags, places, homes }: ThreadsHost): ThreadStore {
  const nobodys = () => tags.of("");
  const homeOf = async (user: string): Promise<Tag> => (await places.of(user)) ?? nobodys();

  /** Where the user is; else where its threads were made, if that was before its first step. */
  async function look<R>(
    user: string,
    ask: (tag: Tag) => Promise<R>,
    isFound: (reply: R) => boolean,
  ): Promise<R> {
    const home = await homeOf(user);
    const reply = await ask(home);
    if (home.name === "" || isFound(reply)) return reply;
    return ask(await nobodys());
  }

  return {
    openThread: (request) =>
      look(
        request.user,
        async (tag) => {
          const reply = await tag.store.openThread(request);
          if (reply.kind === "open") homes.add(request.thread, tag);
          return reply;
        },
        ({ kind }) => kind !== "missing",
      ),
    renewThread: async (request) => {
      const found = await homes.find(
        request.thread,
        ({ store }) => store.renewThread(request),
        (isKept) => isKept,
      );
      return found !== undefined;
    },
    closeThread: async (request) => {
      const home = homes.of(request.thread);
      const asked = home ? [home] : await tags.all();
      await Promise.all(asked.map(({ store }) => store.closeThread(request)));
    },
    saveRun: async (request) => {
      const { run, fence } = request;
      const known = fence === undefined ? undefined : homes.of(run.thread);
      const tag = known ?? (await homeOf(run.user));
      const reply = await tag.store.saveRun(request);
      if (reply.kind === "saved") homes.add(run.thread, tag);
      return reply;
    },
    run: (request) => look(request.user, ({ store }) => store.run(request), isThere),
    runs: (request) => look(request.user, ({ store }) => store.runs(request), isThere),
    items: (request) => look(request.user, ({ store }) => store.items(request), isThere),
    deleteThread: (request) =>
      look(request.user, ({ store }) => store.deleteThread(request), isThere),
  };
}

function isThere(reply: unknown): boolean {
  return reply !== undefined && reply !== false;
}
