import { assistantsBudget } from "@assistants-budget/koa";
import { Router } from "@koa/router";
import Koa from "koa";
import bodyParser from "koa-bodyparser";
import { formatErrors } from "./format-errors.ts";
import { notes } from "./notes.ts";
import { logIn, signedIn } from "./sign-in.ts";

const budget = assistantsBudget({
  limits: { run: "$0.02", user: ["$1/day", "10 runs/day"] },
  assistants: {
    writer: { model: "gpt-6-luna", instructions: "You sum up notes in one sentence." },
  },
});

const api = new Router({ prefix: "/api" });
api.post("/log-in", logIn);
api.use(signedIn);
api.use("/notes", notes.routes(), notes.allowedMethods());
api.get("/me/budget", budget.balances());

export const app = new Koa();
app.use(formatErrors);
app.use(bodyParser());
app.use(budget); // ctx.assistants on every request
app.use(api.routes());
