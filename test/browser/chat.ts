/** The chat page, as a person uses it. */
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { signInAs } from "../../examples/demo/shopper.ts";

export interface Chat {
  readonly page: Page;
  readonly box: Locator;
  readonly send: Locator;
  readonly meter: Locator;
  readonly notice: Locator;
  /** The line under each answer. */
  readonly costs: Locator;
  /** What the browser complained about, refusals left out. */
  readonly complaints: readonly string[];
  /** Every address that was asked for something. */
  readonly requests: readonly string[];
  /** Types a message, sends it, and waits for what comes of it. */
  say(message: string): Promise<void>;
  become(name: "Alice" | "Bob"): Promise<void>;
  /** Dollars, as the page shows them. */
  readonly amount: (locator: Locator) => Promise<number>;
}

export async function openChat(
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = {},
): Promise<Chat> {
  const context = await browser.newContext({ locale: "en-US", ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    const isRefusal = /status of 402/.test(message.text());
    if (message.type() === "error" && !isRefusal) complaints.push(message.text());
  });
  await page.goto(origin);
  const box = page.getByRole("textbox", { name: "Your message" });
  const people = page.getByRole("group", { name: "Signed in as" });
  const idle = () => page.locator("#people:not([disabled])").waitFor();
  await page.locator("#budget:not([data-level=loading])").waitFor();

  return {
    page,
    box,
    complaints,
    requests,
    send: page.getByRole("button", { name: "Send" }),
    meter: page.getByRole("meter"),
    notice: page.locator("#notice"),
    costs: page.locator(".message .meta"),
    say: async (message) => {
      await box.fill(message);
      await box.press("Enter");
      await idle();
    },
    become: async (name) => {
      await people.getByText(name).click();
      await page.locator("#announcer", { hasText: `You are ${name} now.` }).waitFor();
    },
    amount: async (locator) =>
      Number(/\$([\d.]+)/.exec((await locator.textContent()) ?? "")?.[1] ?? Number.NaN),
  };
}

/** Bob spends what is left, in another window: packing guides, until none fits. */
export async function spendElsewhere(origin: string): Promise<void> {
  const bob = await signInAs(origin, "bob");
  for (let guides = 0; guides < 20; guides++) {
    const { status } = await bob.say("Write me a packing guide for a weekend.");
    if (status === 402) return;
  }
  throw new Error("Twenty guides did not spend the budget.");
}
