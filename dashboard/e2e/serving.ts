import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { Seat } from "./browser.ts";
import { Person } from "./person.ts";
import type { Stage } from "./stage.ts";

/** Compressed JavaScript of the first page, in bytes. */
const MOST_SCRIPT = 200 * 1024;
/** Milliseconds until something is shown, on this machine. */
const FIRST_PAINT = 1_000;
/** Layout shift (0.1 is what is called good) that nobody can see. */
const MOST_SHIFT = 0.001;
const PATHS = [
  "/tokens",
  "/live",
  "/pairing",
  "/accounts",
  "/history",
  "/members",
  "/sessions",
  "/applications",
];

export function serving(stage: () => Stage) {
  test("the page is kept nowhere, loads nothing from elsewhere and cannot be framed", async () => {
    const { service } = stage();
    const pages = await Promise.all([fetch(service.address), fetch(`${service.address}/tokens`)]);
    const policies = pages.map(({ headers }) => headers.get("content-security-policy") ?? "");
    for (const { status, headers } of pages) {
      expect(status).toBe(200);
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("x-frame-options")).toBe("DENY");
    }
    for (const policy of policies) {
      expect(policy).toContain("default-src 'none'; script-src 'self';");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain("unsafe");
    }
    expect(policies[0]).not.toBe(policies[1]);
    for (const text of await Promise.all(pages.map((page) => page.text()))) {
      expect(text).not.toMatch(/<script(?![^>]* src="\/assets\/)/);
      expect(text).not.toMatch(/\son\w+=|__NONCE__|__STATE__/);
    }
  });

  test("assets are compressed and kept for good; what is not there is not the page", async () => {
    const { service } = stage();
    const page = await (await fetch(service.address)).text();
    const script = page.match(/src="(\/assets\/[^"]+\.js)"/)?.[1] ?? "";
    const headers = { "Accept-Encoding": "gzip, br" };
    const asset = await fetch(service.address + script, { headers });
    expect(asset.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(asset.headers.get("content-encoding")).toBe("br");
    expect(asset.headers.get("content-type")).toContain("text/javascript");
    expect(asset.headers.get("vary")).toBe("Accept-Encoding");
    for (const absent of ["/assets/none.js", "/assets/..%2Findex.html", "/none"]) {
      const answer = await fetch(service.address + absent);
      expect(answer.status, absent).toBe(404);
      expect(answer.headers.get("content-type")).toBe("application/json");
    }
  });

  test("the first page is light, is there at once, and nothing in it moves", async () => {
    const { browser, service } = stage();
    const person = await Person.register(service);
    for (const name of ["One", "Two", "Three"]) await person.createToken(name);
    const seat = await Seat.of(browser, person);
    await watchShifts(seat);
    const page = await seat.open("/tokens");
    await page.getByRole("row", { name: /Three/ }).waitFor();
    await page.waitForTimeout(300);
    const script = await page.evaluate(() =>
      performance
        .getEntriesByType("resource")
        .map((entry) => entry as PerformanceResourceTiming)
        .filter((entry) => entry.name.endsWith(".js"))
        .reduce((sum, entry) => sum + entry.encodedBodySize, 0),
    );
    const shift = await shiftOf(page);
    // What else the machine does makes a page slower, never faster: the fastest counts.
    let paint = await paintOf(page);
    for (let more = 0; more < 4 && paint >= FIRST_PAINT; more += 1) {
      const another = await seat.open("/tokens");
      await another.getByRole("row", { name: /Three/ }).waitFor();
      paint = Math.min(paint, await paintOf(another));
      await another.close();
    }
    console.info(
      `first page: ${Math.round(script / 1024)} KiB of script, ` +
        `first paint after ${Math.round(paint)} ms, layout shift ${shift.toFixed(4)}`,
    );
    expect(script).toBeGreaterThan(0);
    expect(script).toBeLessThan(MOST_SCRIPT);
    expect(paint).toBeLessThan(FIRST_PAINT);
    expect(shift).toBeLessThan(MOST_SHIFT);
    await seat.leave();
  });

  test("nothing in any page moves when its data arrives", async () => {
    const { browser, service } = stage();
    const person = await Person.register(service);
    const tokens = [await person.createToken("One"), await person.createToken("Two")];
    await person.revokeToken(tokens[0]?.id ?? "", "Gone");
    const seat = await Seat.of(browser, person);
    await watchShifts(seat);
    const shifts: Record<string, number> = {};
    for (const path of PATHS) {
      const page = await seat.open(path);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await expect.poll(() => page.locator("[aria-busy=true]").count()).toBe(0);
      await page.waitForTimeout(300);
      shifts[path] = await shiftOf(page);
      await page.close();
    }
    expect(Object.entries(shifts).filter(([, shift]) => shift >= MOST_SHIFT)).toEqual([]);
    await seat.leave();
  });
}

/** Has every page of a browser note what moves in it without having been touched. */
async function watchShifts(seat: Seat): Promise<void> {
  await seat.context.addInitScript(() => {
    const shifts: number[] = [];
    Object.assign(window, { shifts });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { value, hadRecentInput } = entry as PerformanceEntry & {
          value: number;
          hadRecentInput: boolean;
        };
        if (!hadRecentInput) shifts.push(value);
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
}

/** Milliseconds until the page first showed something. */
const paintOf = (page: Page): Promise<number> =>
  page.evaluate(
    () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Infinity,
  );

/** How much moved so far, as browsers measure it. */
const shiftOf = (page: Page): Promise<number> =>
  page.evaluate(() =>
    (window as unknown as { shifts: number[] }).shifts.reduce((sum, it) => sum + it, 0),
  );
