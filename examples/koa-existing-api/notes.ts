import { Router, type RouterContext } from "@koa/router";
import type { SignedIn } from "./sign-in.ts";

interface Note {
  readonly id: number;
  readonly text: string;
  readonly owner: string;
}

const all: Note[] = [];

/** The signed-in user's note of that number; to others it is not there. */
function noteOf(ctx: RouterContext<SignedIn>): Note {
  const { user } = ctx.state;
  const note = all.find(({ id, owner }) => id === Number(ctx.params["id"]) && owner === user.sub);
  return note ?? ctx.throw(404, "No such note");
}

export const notes = new Router<SignedIn>();

notes.get("/", (ctx) => {
  ctx.body = all.filter(({ owner }) => owner === ctx.state.user.sub);
});

notes.post("/", (ctx) => {
  const { text }: { text?: unknown } = Object(ctx.request.body);
  if (typeof text !== "string" || text === "") return ctx.throw(422, "A note needs a text");
  const note = { id: all.length + 1, text, owner: ctx.state.user.sub };
  all.push(note);
  ctx.status = 201;
  ctx.body = note;
});

notes.get("/:id", (ctx) => {
  ctx.body = noteOf(ctx);
});

notes.post("/:id/summary", async (ctx) => {
  const run = await ctx.assistants.run({ input: noteOf(ctx).text });
  ctx.body = { summary: run.text };
});
