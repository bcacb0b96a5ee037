/** What axe-core has to say about a page. */
import axe from "axe-core";
import type { Page } from "playwright-core";

/** A line for each violation: the rule, and where it was broken. */
export async function violations(page: Page): Promise<readonly string[]> {
  // Evaluated from outside, so that the page's own content security policy stays in force.
  await page.evaluate(axe.source);
  const found = await page.evaluate<axe.AxeResults>("axe.run()");
  return found.violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`,
  );
}
