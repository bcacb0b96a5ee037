/** Who is who, as far as operators were answered: users who were merged into others, and those who are frozen. */

/** A user who may not begin anything, from when to when; what has not happened yet is never. */
interface Freeze {
  readonly user: string;
  readonly saidAt: number;
  answeredAt: number;
  thawSaidAt: number;
  thawedAt: number;
}

export interface Identities {
  /** The user that a name stands for. */
  readonly userOf: (name: string) => string;
  merged(from: string, into: string): void;
  /** How many were merged into others. */
  readonly merges: number;
  /** Said before a freeze is; the steps that follow are told when they are reached. */
  freezing(name: string): Freezing;
  readonly isFrozen: (name: string) => boolean;
  /** Whether somebody may have been frozen at any moment since then. */
  mayBeFrozen(name: string, since: number): boolean;
  /** Whether somebody can't have been anything but frozen since then. */
  isFrozenSince(name: string, since: number): boolean;
}

export interface Freezing {
  answered(): void;
  thawing(): void;
  thawed(): void;
}

export function identities(): Identities {
  const into = new Map<string, string>();
  const freezes: Freeze[] = [];

  function userOf(name: string): string {
    const next = into.get(name);
    return next === undefined ? name : userOf(next);
  }

  const of = (name: string): readonly Freeze[] =>
    freezes.filter(({ user }) => userOf(user) === userOf(name));

  return {
    userOf,
    merged: (from, to) => void into.set(from, userOf(to)),
    get merges() {
      return into.size;
    },
    freezing: (name) => {
      const freeze: Freeze = {
        user: userOf(name),
        saidAt: performance.now(),
        answeredAt: Infinity,
        thawSaidAt: Infinity,
        thawedAt: Infinity,
      };
      freezes.push(freeze);
      return {
        answered: () => (freeze.answeredAt = performance.now()),
        thawing: () => (freeze.thawSaidAt = performance.now()),
        thawed: () => (freeze.thawedAt = performance.now()),
      };
    },
    isFrozen: (name) => of(name).some(({ thawedAt }) => thawedAt === Infinity),
    mayBeFrozen: (name, since) => of(name).some(({ thawedAt }) => thawedAt >= since),
    isFrozenSince: (name, since) =>
      of(name).some(({ answeredAt, thawSaidAt }) => answeredAt <= since && thawSaidAt === Infinity),
  };
}
