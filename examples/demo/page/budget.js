/** The bar that shows how today's budget stands. */
import { dollars, when } from "./words.js";

const find = (id) => document.getElementById(id);
/** From here on the bar warns. */
const NEARLY = 80;

/**
 * @param window The user's window for today; nothing where it could not be read.
 * @param isSpent Whether not even a short answer fits any more.
 */
export function showBudget(window, isSpent) {
  if (!window) {
    find("budget").dataset.level = "unknown";
    find("left").textContent = "Unknown";
    find("limit").textContent = "The budget can't be read at the moment.";
    find("resets").textContent = "";
    return;
  }
  const [limit, spent, held] = [window.limit, window.spent, window.held].map(Number);
  const share = (amount) => Math.min(100, limit === 0 ? 100 : (amount / limit) * 100);
  const level = isSpent ? "spent" : share(spent + held) >= NEARLY ? "nearly" : "fine";
  find("budget").dataset.level = level;
  find("left").textContent = dollars(window.remaining);
  find("limit").textContent =
    held > 0 ? `left, ${dollars(held)} set aside` : `left of ${dollars(limit)}`;
  find("spent").style.setProperty("inline-size", `${share(spent)}%`);
  find("held").style.setProperty("inline-size", `${Math.min(share(held), 100 - share(spent))}%`);
  const meter = find("meter");
  meter.setAttribute("aria-valuenow", share(spent + held).toFixed(1));
  meter.setAttribute(
    "aria-valuetext",
    `${dollars(spent)} of ${dollars(limit)} used, ${dollars(window.remaining)} left`,
  );
  find("resets").textContent = [
    { spent: "Not enough for an answer.", nearly: "Nearly used up.", fine: "" }[level],
    window.resets_at ? `Full again ${when(window.resets_at)}.` : "",
  ]
    .filter(Boolean)
    .join(" ");
}
