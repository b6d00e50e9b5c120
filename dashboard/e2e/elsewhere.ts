import { expect, test } from "vitest";
import { isLive, Seat } from "./browser.ts";
import { look } from "./look.ts";
import { Provider } from "./provider.ts";
import { Service } from "./service.ts";
import type { Stage } from "./stage.ts";

export function elsewhere(stage: () => Stage) {
  test("somebody signs in at the identity provider, and again when that session ends", async () => {
    const { seat, leave } = await visit(stage());
    const page = await seat.open("/sign-in");
    const way = page.getByRole("link", { name: /^Continue with/ });
    await way.waitFor();
    await look(page, "sign-in-elsewhere");
    await way.click();
    await page.getByRole("heading", { name: "No tokens yet" }).waitFor();
    await isLive(page);

    await page.getByRole("button", { name: "Create your first token" }).click();
    await page.getByLabel("Name", { exact: true }).fill("Half typed");
    await seat.context.clearCookies();
    await page.getByRole("dialog").getByRole("button", { name: "Create token" }).click();
    await page.getByRole("heading", { name: "Sign in again" }).waitFor();
    await look(page, "sign-in-again-elsewhere");
    const opened = seat.context.waitForEvent("page");
    await page.getByRole("link", { name: /^Continue with/ }).click();
    await (await opened).getByRole("heading", { name: "No tokens yet" }).waitFor();
    await page.bringToFront();
    await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await page.getByRole("heading", { name: "Sign in again" }).waitFor({ state: "detached" });
    expect(await page.getByLabel("Name", { exact: true }).inputValue()).toBe("Half typed");
    await page.getByRole("dialog").getByRole("button", { name: "Create token" }).click();
    await page.getByText(/^nxa_\w{40,}/).waitFor();
    await leave();
  });

  test("whoever comes with a session that is refused signs in, and is where they wanted to be", async () => {
    const { seat, provider, leave } = await visit(stage());
    await seat.context.addCookies([
      { name: "__session", value: provider.forged(), domain: "127.0.0.1", path: "/" },
    ]);
    const page = await seat.open("/tokens");
    await page.getByRole("heading", { name: "Set up Keyledger" }).waitFor();
    await page.getByRole("link", { name: /^Continue with/ }).click();
    await page.getByRole("heading", { name: "No tokens yet" }).waitFor();
    expect(new URL(page.url()).pathname).toBe("/tokens");
    await leave();
  });
}

/** Somebody at a service where people sign in at an identity provider. */
async function visit({ browser }: Stage) {
  const provider = await Provider.start();
  const service = await Service.start({ ...provider.settings, DEFAULT_PLAN: "pro" });
  const seat = await Seat.take(browser, service);
  const leave = async () => {
    await seat.leave();
    await service.discard();
    provider.end();
  };
  return { seat, provider, leave };
}
