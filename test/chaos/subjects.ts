/** Who spends: users, each of one tenant. */
import type { Draws } from "./draws.ts";
import type { Plan } from "./plan.ts";

export interface Person {
  readonly user: string;
  readonly tenant: string;
}

export function people({ users, tenants }: Plan): readonly Person[] {
  return Array.from({ length: users }, (_, i) => ({
    user: `user-${i}`,
    tenant: `tenant-${i % tenants}`,
  }));
}

/** Some people are far busier than others. */
export function drawPerson(of: readonly Person[], draws: Draws): Person {
  const person = of[Math.floor(draws.share() ** 2 * of.length)];
  if (!person) throw new RangeError("there is nobody to draw from");
  return person;
}
