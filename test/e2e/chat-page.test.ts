/** The demo's chat page in a real browser. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { violations } from "../browser/accessibility.ts";
import { type Chat, openChat, spendElsewhere } from "../browser/chat.ts";
import { OPENING_MS, openBrowser } from "../browser/chromium.ts";
import { openDemoSite } from "../browser/demo-site.ts";

/** Room for an order to be looked up, and for a few packing guides; after them not even a short answer fits. */
const SMALL = "$0.03/day";
const PHONE = { viewport: { width: 360, height: 640 } };

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
}, OPENING_MS);
afterAll(() => browser?.close());

async function scrollsSideways({ page }: Chat): Promise<boolean> {
  const width = await page.evaluate("document.documentElement.scrollWidth");
  return Number(width) > (page.viewportSize()?.width ?? 0);
}

describe("chatting", () => {
  it("shows the answer, and what each turn cost, growing with the conversation", async () => {
    await using site = await openDemoSite("$0.05/day");
    const chat = await openChat(browser, site.origin);
    expect(await chat.meter.getAttribute("aria-valuenow")).toBe("0.0");

    await chat.say("Hello! I am packing for my first weekend in the hills.");
    await chat.say("How long does shipping take to a village up there?");
    await chat.say("Where is my order B-2077?");

    expect(await chat.page.locator(".message.shop").last().innerText()).toContain("packed");
    const costs = await Promise.all((await chat.costs.all()).map((cost) => chat.amount(cost)));
    expect(costs).toHaveLength(3);
    expect(costs).toEqual(costs.toSorted((a, b) => a - b));

    const lines = await site.budget.lines({ user: "bob" });
    const spent = lines.reduce((sum, { charge }) => sum + charge.nano, 0) / 1e9;
    expect(await chat.amount(chat.page.locator("#total"))).toBeCloseTo(spent, 4);
    expect(await chat.amount(chat.page.locator("#left"))).toBeCloseTo(0.05 - spent, 4);
    expect(Number(await chat.meter.getAttribute("aria-valuenow"))).toBeCloseTo(spent / 0.0005, 1);
    expect(chat.complaints).toEqual([]);
  });

  it("asks nobody but the app, under a policy that allows nothing else", async () => {
    await using site = await openDemoSite("$0.05/day");
    const chat = await openChat(browser, site.origin);
    await chat.say("Hello!");
    expect(chat.requests.filter((url) => !url.startsWith(site.origin))).toEqual([]);
    const { headers } = await fetch(site.origin);
    expect(headers.get("content-security-policy")).toMatch(/default-src 'none'/);
    expect(headers.get("content-security-policy")).not.toMatch(/unsafe/);
  });

  it("shows money that is set aside while an answer is written", async () => {
    await using site = await openDemoSite("$0.05/day");
    const chat = await openChat(browser, site.origin);
    await chat.box.fill("Write me a packing guide for a weekend.");
    await chat.box.press("Enter");
    await chat.page.locator("#limit", { hasText: "set aside" }).waitFor();
    expect(Number(await chat.meter.getAttribute("aria-valuenow"))).toBeGreaterThan(15);
    await chat.page.locator("#limit", { hasText: "left of" }).waitFor();
    expect(Number(await chat.meter.getAttribute("aria-valuenow"))).toBeLessThan(15);
  });

  it("works by keyboard alone", async () => {
    await using site = await openDemoSite("$0.05/day");
    const { page, box, costs } = await openChat(browser, site.origin);
    const { keyboard } = page;
    const focused = () =>
      page.evaluate("document.activeElement.id || document.activeElement.value");

    await keyboard.press("Tab");
    expect(await focused()).toBe("bob");
    await keyboard.press("ArrowLeft");
    await page.locator("#announcer", { hasText: "You are Alice now." }).waitFor();
    // Past the messages and three suggestions to the box.
    for (let stop = 0; stop < 5; stop++) {
      await keyboard.press("Tab");
    }
    expect(await focused()).toBe("message");
    await keyboard.type("Where is my order");
    await keyboard.press("Shift+Enter");
    await keyboard.type("A-1042?");
    expect(await box.inputValue()).toBe("Where is my order\nA-1042?");
    await keyboard.press("Enter");
    await costs.first().waitFor();
    await page.locator("#announcer", { hasText: "on its way" }).waitFor();
    expect(await focused()).toBe("message");
  });
});

describe("a budget that is spent", () => {
  it("says what, how much and when, keeps the message, and serves the other user", async () => {
    await using site = await openDemoSite(SMALL);
    const timezoneId = "America/New_York";
    const chat = await openChat(browser, site.origin, { timezoneId });
    await chat.say("Hello!");
    await spendElsewhere(site.origin);
    await chat.say("Can I return boots?");

    const [today] = await site.budget.for({ user: "bob" }).balances();
    const text = (await chat.notice.innerText()).replaceAll("\u202f", " ");
    const back = new Intl.DateTimeFormat("en-US", {
      hour: "numeric",
      minute: "2-digit",
      timeZone: timezoneId,
    }).format(new Date(String(today?.resetsAt)));
    expect(text).toContain("Today's AI budget is used up");
    expect(text).toContain(`You have used $${Number(today?.spent).toFixed(4)} of your $0.03 `);
    expect(text).toContain(`at ${back.replaceAll("\u202f", " ")}`);
    expect(text).toContain("Your message is kept below.");
    expect(await chat.box.inputValue()).toBe("Can I return boots?");
    expect(await chat.send.isDisabled()).toBe(true);
    expect(await chat.page.locator("#budget").getAttribute("data-level")).toBe("spent");

    await chat.become("Alice");
    expect(await chat.notice.textContent()).toBe("");
    await chat.say("Where is my order A-1042?");
    expect(await chat.costs.count()).toBe(1);

    await chat.become("Bob");
    expect(await chat.box.inputValue()).toBe("Can I return boots?");
    expect(chat.complaints).toEqual([]);
  });

  it("is said at once to a visitor who comes back", async () => {
    await using site = await openDemoSite(SMALL);
    await spendElsewhere(site.origin);
    const chat = await openChat(browser, site.origin);
    await chat.notice.getByRole("heading", { name: "Today's AI budget is used up" }).waitFor();
    expect(await chat.notice.innerText()).not.toContain("kept below");
  });

  it("offers a new conversation where only the long one does not fit", async () => {
    await using site = await openDemoSite("$0.025/day");
    const chat = await openChat(browser, site.origin);
    for (let turns = 0; turns < 3; turns++) {
      await chat.say("Write me a packing guide for a weekend.");
    }
    expect(await chat.notice.innerText()).toContain("enough for a new conversation");
    expect(await chat.send.isDisabled()).toBe(true);
    await chat.page.getByRole("button", { name: "New conversation" }).click();
    await chat.page.locator("#send:not([disabled])").waitFor();
    expect(await chat.notice.textContent()).toBe("");
  });
});

describe("what can go wrong", () => {
  it("keeps the message where the server can't be reached", async () => {
    await using site = await openDemoSite("$0.05/day");
    const chat = await openChat(browser, site.origin);
    site.server.close();
    site.server.closeAllConnections();
    await chat.say("Is anybody there?");
    expect(await chat.notice.innerText()).toContain("can't be reached");
    expect(await chat.box.inputValue()).toBe("Is anybody there?");
    expect(await chat.send.isDisabled()).toBe(false);
  });

  it("chats on where the budget can't be read", async () => {
    await using site = await openDemoSite("$0.05/day");
    const chat = await openChat(browser, site.origin);
    await chat.page.route("**/me/budget", (route) => route.abort());
    await chat.say("Hello!");
    expect(await chat.costs.count()).toBe(1);
    expect(await chat.page.locator("#budget").innerText()).toContain("can't be read");
  });
});

describe("for everybody", () => {
  it.each([
    ["in the light", {}],
    ["in the dark", { colorScheme: "dark" }],
    ["on a phone", PHONE],
  ] as const)("has nothing that axe-core objects to, %s", async (_where, options) => {
    await using site = await openDemoSite(SMALL);
    const chat = await openChat(browser, site.origin, { ...options, reducedMotion: "reduce" });
    expect(await violations(chat.page)).toEqual([]);
    await chat.say("Hello!");
    expect(await violations(chat.page)).toEqual([]);
    await spendElsewhere(site.origin);
    await chat.say("Can I return boots?");
    expect(await chat.notice.textContent()).not.toBe("");
    expect(await violations(chat.page)).toEqual([]);
  });

  it("fits a phone, with and without a refusal", async () => {
    await using site = await openDemoSite(SMALL);
    const chat = await openChat(browser, site.origin, PHONE);
    expect(await scrollsSideways(chat)).toBe(false);
    await chat.say("Hello!");
    await spendElsewhere(site.origin);
    await chat.say("Can I return boots that I have worn at home?");
    expect(await chat.notice.textContent()).not.toBe("");
    expect(await scrollsSideways(chat)).toBe(false);
    expect(await chat.box.isVisible()).toBe(true);
  });

  it("is dark where the reader wants it dark", async () => {
    await using site = await openDemoSite(SMALL);
    const chat = await openChat(browser, site.origin, { colorScheme: "dark" });
    const colour = await chat.page.evaluate("getComputedStyle(document.body).backgroundColor");
    expect(colour).toBe("rgb(19, 22, 21)");
  });
});
