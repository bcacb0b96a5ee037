/** The chat page: who is here, what they say, what comes back. */
import { Refused, refusalNow, send, session, signIn, todaysBudget } from "./api.js";
import { showBudget } from "./budget.js";
import { newConversation, show, showLast, toEnd } from "./conversation.js";
import { isDaySpent, isFinal, showNotice } from "./notice.js";
import { dollars } from "./words.js";

const find = (id) => document.getElementById(id);
const box = find("message");
const SUGGESTIONS = [
  ["Where is my order?", ({ id }) => `Where is my order ${id === "alice" ? "A-1042" : "B-2077"}?`],
  ["Can I return boots?", () => "Can I return boots that I have worn at home?"],
  ["Write me a packing guide", () => "Write me a packing guide for a weekend."],
];
const DOING = { lookUpOrder: "Looking your order up" };

const conversations = new Map();
let me;
let isBusy = false;
let today;
let reads = 0;

const mine = () => conversations.get(me.id);

async function start() {
  const { user, people } = await session();
  me = people.find(({ id }) => id === user);
  for (const person of people) conversations.set(person.id, newConversation());
  find("people").append(...people.map(choice));
  find("suggestions").append(...SUGGESTIONS.map(suggestion));
  await enter();
}

/** Shows the signed-in person's conversation and budget. */
async function enter() {
  const current = mine();
  box.value = current.draft;
  show(current);
  await refresh();
  const now = await refusalNow().catch(({ problem }) => problem);
  const isOver = now === undefined && current.problem !== undefined && isDaySpent(current.problem);
  current.problem = isOver ? undefined : (current.problem ?? now);
  show(current);
  draw();
}

/** Reads the budget again; a budget that can't be read is no reason not to chat. */
async function refresh() {
  const read = ++reads;
  const found = await todaysBudget().catch(() => undefined);
  // An answer that was overtaken by a later one is old news.
  if (read !== reads) return;
  today = found;
  draw();
}

function draw() {
  const { problem } = mine();
  const isLocked = problem !== undefined && isFinal(problem);
  showBudget(today, problem !== undefined && isDaySpent(problem));
  showNotice(problem, box.value.trim() !== "");
  find("send").disabled = isLocked || isBusy;
  find("suggestions").hidden = isLocked;
  find("people").disabled = isBusy;
  find("fresh").disabled = isBusy;
  grow();
  if (isDaySpent(problem ?? {})) wakeUpAt(problem.resets_at);
}

async function submit(text) {
  if (isBusy || text.trim() === "" || find("send").disabled) return;
  const current = mine();
  const answer = { from: "shop", text: "", doing: "Writing" };
  current.problem = undefined;
  current.messages.push({ from: "you", text }, answer);
  box.value = "";
  isBusy = true;
  show(current);
  draw();
  try {
    for await (const { event, data } of send(text, current.thread)) follow(current, event, data);
    announce(`The shop: ${answer.text} It cost ${dollars(answer.cost ?? 0)}.`);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    await refused(current, error.problem, text);
  } finally {
    isBusy = false;
    show(current);
    await refresh();
    toEnd();
    box.focus();
  }
}

/** One event of the run. */
function follow(current, event, data) {
  const answer = current.messages.at(-1);
  if (event === "text") {
    if (answer.text === "") void refresh();
    answer.text += data.delta;
    answer.doing = undefined;
  } else if (event === "tool_call") {
    answer.doing = DOING[data.name] ?? "Looking something up";
  } else if (event === "run") {
    current.thread = data.thread;
    Object.assign(answer, { ...data, doing: undefined });
  }
  showLast(current);
}

/** What was typed goes back into the box; what was already answered stays. */
async function refused(current, problem, text) {
  const answer = current.messages.at(-1);
  if (answer.text === "") {
    current.messages.splice(-2);
    box.value ||= text;
  } else {
    answer.doing = undefined;
  }
  const isLong = current.messages.length > 0 && isFinal(problem);
  const fitsAnew = isLong && (await refusalNow().catch(() => problem)) === undefined;
  current.problem = { ...problem, fitsAnew };
}

function choice(person) {
  const label = document.createElement("label");
  const input = document.createElement("input");
  Object.assign(input, { type: "radio", name: "person", value: person.id });
  input.checked = person.id === me.id;
  input.addEventListener("change", () => void become(person));
  label.append(input, Object.assign(document.createElement("span"), { textContent: person.name }));
  return label;
}

async function become(person) {
  mine().draft = box.value;
  await signIn(person.id);
  me = person;
  await enter();
  announce(`You are ${person.name} now.`);
}

function suggestion([label, textFor]) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", textContent: label });
  button.addEventListener("click", () => void submit(textFor(me)));
  return button;
}

function announce(text) {
  find("announcer").textContent = text;
}

/** The box is as tall as what is in it, up to a point. */
function grow() {
  box.style.setProperty("block-size", "auto");
  box.style.setProperty("block-size", `${Math.min(box.scrollHeight, 160)}px`);
}

let alarm;

/** When the budget is full again, the page says so by itself. */
function wakeUpAt(instant) {
  clearTimeout(alarm);
  const ms = new Date(instant) - Date.now() + 1000;
  if (instant && ms < 2 ** 31) alarm = setTimeout(() => void again(), ms);
}

async function again() {
  mine().problem = undefined;
  await enter();
}

find("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  void submit(box.value);
});
box.addEventListener("input", grow);
addEventListener("resize", grow);
box.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  void submit(box.value);
});
find("fresh").addEventListener("click", () => {
  conversations.set(me.id, { ...newConversation(), draft: box.value });
  void enter();
  box.focus();
});

start().catch((error) => {
  if (!(error instanceof Refused)) throw error;
  showBudget(undefined, false);
  showNotice(error.problem, false);
});
