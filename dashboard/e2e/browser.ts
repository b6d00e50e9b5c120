import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { expect } from "vitest";
import { PASSWORD, type Person } from "./person.ts";
import type { Service } from "./service.ts";

const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";
const SCREENSHOTS = "screenshots";
const WIDTHS = [1280, 375] as const;
/** What WCAG 1.4.10 asks for, in CSS pixels. */
const NARROWEST = 320;
const SCHEMES = ["light", "dark"] as const;

export async function launch(): Promise<Browser> {
  return await chromium.launch({
    executablePath: EXECUTABLE,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** Somebody's browser: what is stored in it, and what its pages complained of. */
export class Seat {
  /** Errors that a page logged or threw; a page that works has none. */
  readonly complaints: string[] = [];

  private constructor(
    private readonly service: Service,
    readonly context: BrowserContext,
  ) {}

  static async take(browser: Browser, service: Service): Promise<Seat> {
    const context = await browser.newContext({
      baseURL: service.address,
      viewport: { width: 1280, height: 900 },
      reducedMotion: "reduce",
      timezoneId: "Europe/Berlin",
      permissions: ["clipboard-read", "clipboard-write"],
    });
    context.setDefaultTimeout(10_000);
    return new Seat(service, context);
  }

  async signIn(person: Person): Promise<void> {
    const response = await this.context.request.post("/login", {
      data: { user_id: person.name, user_secret: PASSWORD },
    });
    expect(response.status()).toBe(204);
  }

  async open(path: string): Promise<Page> {
    const page = await this.context.newPage();
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("console", (message) => {
      const { url } = message.location();
      const network = message.text().startsWith("Failed to load resource");
      const socket = message.text().startsWith("WebSocket connection");
      if (message.type() === "error" && !network && !socket) {
        this.complaints.push(`${message.text()} (${url})`);
      }
    });
    await page.goto(this.service.address + path);
    return page;
  }

  async leave(): Promise<void> {
    await this.context.close();
    expect(this.complaints).toEqual([]);
  }
}

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
      await page.waitForTimeout(60);
      const path = `${SCREENSHOTS}/${name}-${width}-${colorScheme}.png`;
      await page.screenshot({ path, fullPage: true, animations: "disabled" });
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
