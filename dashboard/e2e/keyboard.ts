import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { Seat } from "./browser.ts";
import { atRest, expectAccessible, look, STANDARD } from "./look.ts";
import { Person } from "./person.ts";
import type { Stage } from "./stage.ts";

export function keyboard(stage: () => Stage) {
  test("a token is made and revoked without a mouse, and the focus is never lost", async () => {
    const { browser, service } = stage();
    const seat = await Seat.of(browser, await Person.register(service));
    const page = await seat.open("/tokens");
    await page.getByRole("heading", { name: "No tokens yet" }).waitFor();
    await page.keyboard.press("Tab");
    await expect.poll(() => focused(page)).toBe("Skip to the content");
    await page.keyboard.press("Enter");
    await tabTo(page, "Create token");
    await look(page, "focus");
    await page.keyboard.press("Enter");
    await page.locator("input:focus").waitFor();
    await page.keyboard.type("By hand");
    await page.keyboard.press("Escape");
    await expect.poll(() => focused(page)).toBe("Create token");

    await page.keyboard.press("Enter");
    await page.locator("input:focus").waitFor();
    await page.keyboard.type("By hand");
    await page.keyboard.press("Enter");
    await page.getByText(/^nxa_\w{40,}/).waitFor();
    await tabTo(page, "I have stored it");
    await page.keyboard.press("Enter");
    await page.getByRole("row", { name: /By hand/ }).waitFor();
    await tabTo(page, "Actions for By hand");
    await page.keyboard.press("Enter");
    await page.getByRole("menuitem", { name: "Details" }).waitFor();
    // An open menu lies over the page, outside of its landmarks.
    await look(page, "token-menu", STANDARD);
    await page.keyboard.press("End");
    await expect.poll(() => focused(page)).toBe("Revoke");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Revoke token" }).waitFor();
    await tabTo(page, "Revoke token");
    await page.keyboard.press("Enter");
    await page.getByRole("row", { name: /By hand.*Revoked/s }).waitFor();
    await seat.leave();
  });

  test("on a phone the menu opens, leads on, and closes", async () => {
    const { browser, service } = stage();
    const seat = await Seat.of(browser, await Person.register(service));
    const page = await seat.open("/tokens");
    await page.setViewportSize({ width: 375, height: 812 });
    await page.getByRole("button", { name: "Open the menu" }).click();
    await page.getByRole("dialog").getByRole("link", { name: "Members" }).waitFor();
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await atRest(page);
      await page.screenshot({ path: `screenshots/menu-375-${colorScheme}.png` });
      await expectAccessible(page);
    }
    await page.getByRole("dialog").getByRole("link", { name: "Members" }).click();
    await page.getByRole("heading", { name: "Members", level: 1 }).waitFor();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await seat.leave();
  });
}

/** What the focus is on, as it is called. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const element = document.activeElement;
    return element?.getAttribute("aria-label") ?? element?.textContent?.trim() ?? "";
  });

async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 40; presses += 1) {
    if ((await focused(page)) === name) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`the focus never came to "${name}"`);
}
