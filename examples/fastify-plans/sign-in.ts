/** Stands in for your sign-in, whichever it is: tokens of `@fastify/jwt`, without a password. */
import { randomBytes } from "node:crypto";
import jwt from "@fastify/jwt";
import type { FastifyInstance } from "fastify";
import type { Plan } from "./plans.ts";

interface Claims {
  readonly sub: string;
  readonly plan?: Plan;
  readonly tenant?: string;
  readonly operator?: boolean;
}

declare module "@fastify/jwt" {
  interface FastifyJWT {
    payload: Claims;
    user: Claims | null;
  }
}

const PEOPLE: readonly Claims[] = [
  { sub: "ann", plan: "free", tenant: "acme" },
  { sub: "ben", plan: "pro", tenant: "acme" },
  { sub: "olga", operator: true },
];

/** `POST /session` gives a token; every request that comes with one is verified. */
export async function signIn(app: FastifyInstance): Promise<void> {
  await app.register(jwt, { secret: randomBytes(32).toString("hex") });
  app.addHook("onRequest", async (request) => {
    if (request.headers.authorization) await request.jwtVerify();
  });
  app.post<{ Body: { readonly user: string } }>("/session", async ({ body }, reply) => {
    const person = PEOPLE.find(({ sub }) => sub === body.user);
    return person ? { token: app.jwt.sign(person) } : reply.code(404).send({ error: "Nobody" });
  });
}
