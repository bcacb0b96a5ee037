/** Talking to the app. Whatever it refuses is thrown as a `Refused` with the problem that it sent. */

export class Refused extends Error {
  /** @param {Record<string, any>} problem */
  constructor(problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** Nobody answered at all. */
const UNREACHABLE = {
  code: "unreachable",
  title: "The shop can't be reached",
  detail: "Check your connection and send it again.",
};

async function ask(path, { method = "GET", body } = {}) {
  const response = await fetch(path, {
    method,
    headers: { Accept: "application/json, text/event-stream", "Content-Type": "application/json" },
    ...(body ? { body: JSON.stringify(body) } : {}),
  }).catch(() => {
    throw new Refused(UNREACHABLE);
  });
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw new Refused({
    title: "That did not work",
    detail: "The shop's server had a problem. Please try again later.",
    ...problem,
  });
}

export const session = async () => (await ask("session")).json();
export const signIn = (user) => ask("session", { method: "POST", body: { user } });

/** Today's window of the signed-in user. */
export async function todaysBudget() {
  const { balances } = await (await ask("me/budget")).json();
  return balances.find(({ scope }) => scope === "user");
}

/** The problem that a short question would meet now, if any. */
export async function refusalNow() {
  try {
    await ask("me/budget/check");
    return undefined;
  } catch (error) {
    if (error instanceof Refused) return error.problem;
    throw error;
  }
}

/** Sends a message; gives `{ event, data }` as the answer is written. */
export async function* send(message, thread) {
  const response = await ask("chat/stream", { method: "POST", body: { message, thread } });
  let text = "";
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { value, done } = await reader.read().catch(() => {
      throw new Refused({
        ...UNREACHABLE,
        detail: "The answer broke off. What it cost is charged.",
      });
    });
    if (done) return;
    text += value;
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const { event, data } = parse(block);
      if (event === "problem") throw new Refused(data);
      yield { event, data };
    }
  }
}

function parse(block) {
  const fields = Object.fromEntries(
    block
      .split("\n")
      .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
  );
  return { event: fields.event, data: JSON.parse(fields.data) };
}
