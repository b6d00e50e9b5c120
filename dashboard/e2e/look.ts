import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { expect } from "vitest";

const SCREENSHOTS = "screenshots";
const WIDTHS = [1280, 375] as const;
/** What WCAG 1.4.10 asks for, in CSS pixels. */
const NARROWEST = 320;
const SCHEMES = ["light", "dark"] as const;

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Violation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly target: unknown; readonly failureSummary?: string }[];
}

/** What the standard asks for (WCAG 2.2 AA). */
export const STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const RULES = [...STANDARD, "best-practice"];

/** Asks axe what stands in somebody's way on the page as it is now. */
export async function expectAccessible(page: Page, rules = RULES): Promise<void> {
  if (!(await page.evaluate("typeof axe !== 'undefined'"))) await page.evaluate(axe);
  const violations = (await page.evaluate(
    `axe.run(document, { runOnly: ${JSON.stringify(rules)} })
      .then(({ violations }) => violations)`,
  )) as Violation[];
  const told = violations.map(
    ({ id, help, nodes }) =>
      `${id}: ${help}\n${nodes.map((node) => `  ${node.target}: ${node.failureSummary}`).join("\n")}`,
  );
  expect(told, told.join("\n")).toEqual([]);
}

/** Makes sure that nothing is wider than the screen. */
async function expectToFit(page: Page, name: string, width: number): Promise<void> {
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow, `${name} is wider than a screen of ${width} px`).toBeLessThanOrEqual(0);
}

/** Waits until the page has its letters, and nothing in it moves or changes its colour. No frame is
 * waited for: a page whose clock is a test's draws few. */
export async function atRest(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await document.fonts.ready;
    const ends = ({ effect }: Animation) => Number.isFinite(effect?.getComputedTiming().endTime);
    const moving = document.getAnimations().filter(ends);
    await Promise.allSettled(moving.map(({ finished }) => finished));
  });
}

/** Waits until a page that sets its theme itself, once it is told of the change, has done so. */
async function inTheme(page: Page, scheme: (typeof SCHEMES)[number]): Promise<void> {
  const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
  await expect.poll(async () => (await theme()) ?? scheme, { timeout: 10_000 }).toBe(scheme);
}

/** Looks at the page in both themes and widths: takes a picture of each, asks axe, and makes sure
 * that it fits, also on the narrowest screen that it is meant for. */
export async function look(page: Page, name: string, rules = RULES): Promise<void> {
  await mkdir(SCREENSHOTS, { recursive: true });
  // A page that is still loading has no heading yet, and nothing to look at.
  await page.locator("h1").first().waitFor({ state: "attached" });
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: width < 500 ? 812 : 800 });
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme });
      await inTheme(page, colorScheme);
      await atRest(page);
      const path = `${SCREENSHOTS}/${name}-${width}-${colorScheme}.png`;
      // What lies over a page covers as much of it as is in sight.
      const fullPage = (await page.getByRole("dialog").count()) === 0;
      await page.screenshot({ path, fullPage, animations: "disabled" });
      // Names and roles are the same in all four; colours and places are not.
      if ((width === 1280) === (colorScheme === "light")) await expectAccessible(page, rules);
    }
    await expectToFit(page, name, width);
  }
  await page.setViewportSize({ width: NARROWEST, height: 640 });
  await expectToFit(page, name, NARROWEST);
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1280, height: 900 });
}
