/** A store made of stores: one a tag, and the main for what all tags share. */
import type { Store } from "@assistants-budget/core/store";
import type { ScriptsHost } from "../script.ts";
import { acts } from "./acts.ts";
import { holds } from "./holds.ts";
import { homes } from "./homes.ts";
import { lending } from "./lending.ts";
import { notices } from "./notices.ts";
import { places } from "./places.ts";
import { reading } from "./reading.ts";
import { reserving } from "./reserving.ts";
import { tagsOf } from "./tag.ts";
import { threads } from "./threads.ts";

/**
 * What is one tenant's lies under its tag: the windows of its users, threads and runs and its own,
 * holds, lines, threads. All else lies under the main tag, which leases slices to the others.
 */
export function tagged(host: ScriptsHost, tagBy: string): Store {
  const { keys, options } = host;
  const tags = tagsOf(host);
  const own: ReadonlySet<string> = new Set(["user", "thread", "run", tagBy]);
  const isOwn = (scope: string) => own.has(scope);
  const parts = {
    tagBy,
    tags,
    isOwn,
    homes: homes(tags),
    places: places(tags, tagBy),
    lending: lending({ tags, isOwn, keepMs: options.keepMs }),
  };
  const { main } = tags;
  return {
    name: `Redis (${keys.base}*, a tag a ${tagBy})`,
    open: () => main.run.open(),
    close: async () => tags.close(),
    now: () => main.store.now(),
    lease: (request) => main.store.lease(request),
    reserve: reserving(parts),
    ...holds(parts),
    ...reading(parts),
    ...acts(parts),
    ...notices(parts),
    ...threads(parts),
  };
}
