import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { expect, onTestFailed } from "vitest";
import { PASSWORD, type Person } from "./person.ts";
import type { Service } from "./service.ts";

const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";
/** Milliseconds until something that does not come counts as missing, on a machine that is busy. */
const PATIENCE = 30_000;

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

let failures = 0;

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
      locale: "en-GB",
      timezoneId: "Europe/Berlin",
      permissions: ["clipboard-read", "clipboard-write"],
    });
    context.setDefaultTimeout(PATIENCE);
    const seat = new Seat(service, context);
    onTestFailed(() => seat.tell());
    return seat;
  }

  /** Of somebody who is signed in. */
  static async of(browser: Browser, person: Person): Promise<Seat> {
    const seat = await Seat.take(browser, person.service);
    await seat.signIn(person);
    return seat;
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

  /** What its pages show, where a test failed. */
  private async tell(): Promise<void> {
    for (const page of this.context.pages()) {
      failures += 1;
      const path = `screenshots/failed-${failures}.png`;
      await page.screenshot({ path, fullPage: true });
      console.error(`${page.url()} (${path}):\n${await page.locator("body").ariaSnapshot()}`);
    }
    console.error(this.complaints.join("\n"));
  }

  async leave(): Promise<void> {
    await this.context.close();
    expect(this.complaints).toEqual([]);
  }
}

/** Waits until what the page shows is what is: until its mark says so, not the link of that name. */
export async function isLive(page: Page): Promise<void> {
  await page
    .locator("p")
    .filter({ hasText: /^Live$/, visible: true })
    .last()
    .waitFor();
}
