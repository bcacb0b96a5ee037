/** Threads that clients know of: later runs go on with them, and each must be usable in the end. */
import type { Life } from "./app-processes.ts";
import type { Draws } from "./draws.ts";
import type { Identities } from "./identities.ts";
import type { Reply } from "./outcome.ts";
import type { Person } from "./subjects.ts";

export interface KnownThread {
  readonly id: string;
  readonly person: Person;
  /**
   * Whether this process may not find it yet: another one answered while the store was away, and
   * saves when it is back. The one that answered knows of it.
   */
  readonly mayComeLaterTo: (life: Life) => boolean;
  /** Whether its process was killed before that, perhaps. */
  readonly mayBeLost: () => boolean;
  /** A turn in it was answered: it is stored. */
  readonly wasFound: () => void;
}

export interface Threads {
  /** One of this person's that no client is using. */
  take(person: Person, draws: Draws): KnownThread | undefined;
  /** What came of a turn, in a thread or in a new one. */
  giveBack(
    person: Person,
    turn: {
      readonly thread: KnownThread | undefined;
      readonly reply: Reply;
      readonly life: Life;
    },
  ): void;
  all(): readonly KnownThread[];
}

const LEFT_ALONE: ReadonlySet<string> = new Set([
  "budget_exceeded",
  "thread_busy",
  "thread_not_found",
]);

export interface ThreadsHost {
  /** Whether the store has been away in the last moments. */
  readonly isStoreAway: () => boolean;
  readonly identities: Identities;
}

export function knownThreads({ isStoreAway, identities }: ThreadsHost): Threads {
  /** By the names under which their last turns were; whoever goes on with one may have another name. */
  const idle = new Map<string, KnownThread[]>();
  const all = new Map<string, KnownThread>();

  function begun(id: string, person: Person, life: Life): KnownThread {
    let isUnsure = isStoreAway();
    const thread: KnownThread = {
      id,
      person,
      mayComeLaterTo: (other) => isUnsure && other !== life,
      mayBeLost: () => isUnsure && life.isKilled,
      wasFound: () => (isUnsure = false),
    };
    all.set(id, thread);
    return thread;
  }

  return {
    take: ({ user }, draws) => {
      const isOwn = (name: string) => identities.userOf(name) === identities.userOf(user);
      const own = [...idle].flatMap(([name, ofName]) => (isOwn(name) ? [ofName] : []));
      const some = own.filter(({ length }) => length > 0);
      if (some.length === 0) return undefined;
      const from = draws.one(some);
      const [taken] = from.splice(draws.between(0, from.length - 1), 1);
      return taken;
    },
    giveBack: (person, { thread, reply, life }) => {
      if (reply.kind !== "answer") return;
      const { thread: id, code } = reply.body;
      if (thread && reply.status === 200) thread.wasFound();
      // What is spent or busy is left alone; it is seen again in the end.
      if (code !== undefined && LEFT_ALONE.has(code)) return;
      const known = thread ?? (id === undefined ? undefined : begun(id, person, life));
      if (known) idle.set(person.user, [...(idle.get(person.user) ?? []), known]);
    },
    all: () => [...all.values()],
  };
}
