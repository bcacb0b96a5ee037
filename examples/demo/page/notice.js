/** A refusal as somebody wants to read it: what, how much, and when it comes back. */
import { dollars, when } from "./words.js";

/**
 * @param problem The body of the refusal; `fitsAnew` where a new conversation would still fit.
 * @param keeps Whether a message waits in the box.
 * @returns The heading and the sentences.
 */
function wordsFor(problem, keeps) {
  const kept = keeps ? ["Your message is kept below."] : [];
  const window = problem.refused_by?.find(({ unit }) => unit === "usd");
  if (!isFinal(problem) || !window) {
    return { title: problem.title, sentences: [problem.detail, ...kept] };
  }
  const { spent, limit, remaining, needed, scope } = window;
  const used = `You have used ${dollars(spent)} of your ${dollars(limit)}`;
  const back = problem.resets_at ? [`It is full again ${when(problem.resets_at)}.`] : [];
  if (scope === "thread") {
    return {
      title: "This conversation's budget is used up",
      sentences: [`${used} budget for it.`, "A new conversation has a budget of its own.", ...kept],
    };
  }
  if (problem.fitsAnew) {
    return {
      title: "This conversation is too long for what is left",
      sentences: [
        `${used} AI budget for today. It takes up to ${dollars(needed)} to go on here, and ${dollars(remaining)} is left: enough for a new conversation.`,
        ...back,
        ...kept,
      ],
    };
  }
  return {
    title: "Today's AI budget is used up",
    sentences: [
      `${used} AI budget for today. Even a short answer can cost up to ${dollars(needed)}, and ${dollars(remaining)} is left.`,
      ...back,
      ...kept,
    ],
  };
}

/** Whether sending again is of no use until the budget is full again, or another conversation is begun. */
export function isFinal({ code }) {
  return code === "budget_exceeded";
}

/** Whether nothing fits any more today. */
export function isDaySpent(problem) {
  return isFinal(problem) && !problem.fitsAnew;
}

let shown = "";

/** Shows a refusal, or takes the last one away. */
export function showNotice(problem, keeps) {
  const notice = document.getElementById("notice");
  const { title, sentences } = problem ? wordsFor(problem, keeps) : { sentences: [] };
  const parts = sentences.map((sentence) => made("p", sentence));
  if (title) parts.unshift(made("h2", title));
  const text = parts.map(({ textContent }) => textContent).join("\n");
  // What is said already is not said again to a screen reader.
  if (text === shown) return;
  shown = text;
  notice.replaceChildren(...parts);
}

function made(name, text) {
  return Object.assign(document.createElement(name), { textContent: text });
}
