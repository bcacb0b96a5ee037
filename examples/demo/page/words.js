/** Money and time in the reader's own language. */

const money = (fractionDigits) =>
  new Intl.NumberFormat(undefined, {
    style: "currency",
    currency: "USD",
    currencyDisplay: "narrowSymbol",
    minimumFractionDigits: fractionDigits,
    maximumFractionDigits: fractionDigits,
  });
const cents = money(2);
const small = money(4);

/** `$1.20`, `$0.05`, `$0.0011`; what is less than can be shown is said to be so. */
export function dollars(amount) {
  const value = Number(amount);
  if (value > 0 && value < 0.0001) return `< ${small.format(0.0001)}`;
  const isInCents = value >= 1 || Math.abs(value * 100 - Math.round(value * 100)) < 1e-9;
  return (isInCents ? cents : small).format(value);
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const date = new Intl.DateTimeFormat(undefined, {
  weekday: "long",
  day: "numeric",
  month: "long",
  hour: "numeric",
  minute: "2-digit",
});
const day = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** `tomorrow at 1:00 (in 6 hours)`, in local time. */
export function when(instant) {
  const at = new Date(instant);
  const days = Math.round((midnight(at) - midnight(new Date())) / (24 * HOUR));
  const text =
    days >= 0 && days <= 1 ? `${day.format(days, "day")} at ${clock.format(at)}` : date.format(at);
  return `${text} (${away(at - Date.now())})`;
}

function midnight(at) {
  return new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
}

function away(ms) {
  if (ms < HOUR) return day.format(Math.max(1, Math.ceil(ms / MINUTE)), "minute");
  return ms < 48 * HOUR
    ? day.format(Math.round(ms / HOUR), "hour")
    : day.format(Math.round(ms / (24 * HOUR)), "day");
}
