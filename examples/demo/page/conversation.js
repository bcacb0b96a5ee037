/** One person's conversation: its messages, what each turn cost, and how both are shown. */
import { dollars } from "./words.js";

const count = new Intl.NumberFormat();
const find = (id) => document.getElementById(id);

export function newConversation() {
  return { thread: undefined, messages: [], draft: "", problem: undefined };
}

const STOPS = {
  budget: "Stopped here: the budget does not reach any further.",
  max_output_tokens: "Cut here: an answer may not be longer.",
};

/** Draws everything; a conversation is short enough for that. */
export function show({ messages, problem }) {
  find("empty").hidden = messages.length > 0 || problem !== undefined;
  find("fresh").hidden = messages.length === 0;
  find("messages").replaceChildren(...messages.map(item));
  showCosts(messages.filter(({ cost }) => cost !== undefined));
  toEnd();
}

/** Draws the message that is being written. */
export function showLast({ messages }) {
  find("messages").lastElementChild?.replaceWith(item(messages.at(-1)));
  toEnd();
}

function item({ from, text, cost, usage, doing, stop }) {
  const line = document.createElement("li");
  line.className = `message ${from}`;
  const who = element("span", "unseen", from === "you" ? "You: " : "The shop: ");
  const body = element("p", "text", text);
  body.prepend(who);
  line.append(body);
  if (doing) line.append(element("p", "doing", doing));
  if (stop) line.append(element("p", "meta", STOPS[stop.reason] ?? "The answer is not complete."));
  if (cost !== undefined) {
    const tokens = usage
      ? ` · ${count.format(usage.prompt_tokens)} tokens read, ${count.format(usage.completion_tokens)} written`
      : "";
    line.append(element("p", "meta", dollars(cost) + tokens));
  }
  return line;
}

function showCosts(turns) {
  const costs = turns.map(({ cost }) => Number(cost));
  const most = Math.max(...costs);
  const total = costs.reduce((sum, cost) => sum + cost, 0);
  find("total").textContent = dollars(total);
  find("turns").textContent =
    turns.length === 0
      ? "no turns yet"
      : turns.length === 1
        ? "in 1 turn"
        : `in ${turns.length} turns`;
  find("growing").hidden = turns.length < 3;
  find("costs").replaceChildren(
    ...costs.map((cost) => {
      const row = document.createElement("li");
      const bar = element("span", "bar", "");
      bar.style.setProperty("inline-size", `${(cost / most) * 100}%`);
      const track = element("span", "track", "");
      track.append(bar);
      row.append(track, element("span", "amount", dollars(cost)));
      return row;
    }),
  );
}

function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

/** Shows what was said last. */
export function toEnd() {
  const scroll = find("scroll");
  scroll.scrollTop = scroll.scrollHeight;
}
