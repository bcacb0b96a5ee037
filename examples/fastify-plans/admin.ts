/** What an operator may do about one user. There is no page: it is for scripts and a back office. */
import type { LimitText } from "@assistants-budget/fastify";
import type { FastifyInstance, FastifyRequest } from "fastify";

interface Act {
  Params: { readonly id: string };
  Body: { readonly why: string };
}

interface Credit extends Act {
  Body: { readonly why: string; readonly amount: LimitText };
}

const why = { type: "string", minLength: 1, maxLength: 500 } as const;
const amount = { type: "string", pattern: String.raw`^(\$\d+(\.\d+)?|\d+ runs)/(day|month)$` };
const act = { body: { type: "object", required: ["why"], properties: { why } } };
const credit = {
  body: { type: "object", required: ["why", "amount"], properties: { why, amount } },
};

/** Who does it: each act leaves a line in the ledger with who and why. */
const reason = ({ user, body }: FastifyRequest<Act>) => ({ by: user?.sub ?? "", why: body.why });

export async function admin(app: FastifyInstance): Promise<void> {
  const { operator } = app.budget;

  app.addHook("onRequest", async ({ user }, reply) => {
    if (!user?.operator) return reply.code(403).send({ error: "For operators only" });
  });
  app.post<Act>("/users/:id/freeze", { schema: act }, async (request) =>
    operator.freeze({ user: request.params.id }, reason(request)),
  );
  app.post<Act>("/users/:id/unfreeze", { schema: act }, async (request) =>
    operator.unfreeze({ user: request.params.id }, reason(request)),
  );
  app.post<Credit>("/users/:id/credit", { schema: credit }, async (request) =>
    operator.credit({ user: request.params.id }, request.body.amount, reason(request)),
  );
  app.get("/nearest", async () => operator.nearest());
  app.get("/acts", async () => operator.acts());
}
