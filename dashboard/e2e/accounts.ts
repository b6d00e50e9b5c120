import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { Seat } from "./browser.ts";
import { look } from "./look.ts";
import { Person } from "./person.ts";
import { Service } from "./service.ts";
import type { Stage } from "./stage.ts";

export function accounts(stage: () => Stage) {
  test("an account is connected at its platform, comes back, and is let go", async () => {
    const { browser, service, platform } = stage();
    const person = await Person.register(service);
    const seat = await Seat.of(browser, person);
    const page = await seat.open("/accounts");
    await page.getByRole("heading", { name: "No account is connected" }).waitFor();
    await look(page, "accounts-none");
    await platform.set({ user: "77", expires_in: 14_124 });
    await connect(page);
    const first = page.getByRole("listitem").filter({ hasText: "77" });
    // There and back again: two other servers are asked on the way.
    await first.getByText("Connected", { exact: true }).waitFor();
    // What the way back said is not in the address any more.
    await expect.poll(() => new URL(page.url()).search).toBe("");

    // Another one ends at the platform: its person is asked to bring it back.
    await platform.set({ user: "78", expires_in: 5 });
    await connect(page);
    const second = page.getByRole("listitem").filter({ hasText: "78" });
    await second.waitFor();
    await platform.set({ mode: "forget" });
    await second.getByText("Needs reconnecting", { exact: true }).waitFor();
    await look(page, "accounts");
    await platform.set({ mode: "ok", expires_in: 14_124 });
    await second.getByRole("button", { name: "Reconnect" }).click();
    await second.getByText("Connected", { exact: true }).waitFor();

    await first.getByRole("button", { name: "Disconnect" }).click();
    await page.getByRole("dialog").waitFor();
    await look(page, "account-disconnect");
    await page.getByRole("dialog").getByRole("button", { name: "Disconnect" }).click();
    await page.getByText("Nelly on Stage is disconnected.").first().waitFor();
    await first.waitFor({ state: "detached" });
    await seat.leave();
  });

  test("the same account twice is said to be one", async () => {
    const { browser, service, platform } = stage();
    const seat = await Seat.of(browser, await Person.register(service));
    const page = await seat.open("/accounts");
    await platform.set({ user: "79", expires_in: 14_124, mode: "ok" });
    await connect(page);
    await page.getByText("Connected", { exact: true }).waitFor();
    await connect(page);
    await page.getByText("This account is connected to the workspace already.").waitFor();
    await seat.leave();
  });

  test("where no platform is configured, the page of accounts says who can do so", async () => {
    const { browser } = stage();
    const service = await Service.start();
    const seat = await Seat.of(browser, await Person.register(service));
    const page = await seat.open("/accounts?connect_error=access_denied");
    await page.getByRole("heading", { name: "No account is connected" }).waitFor();
    await page.getByText("You did not agree at the platform").waitFor();
    await look(page, "accounts-empty");
    await seat.leave();
    await service.discard();
  });
}

async function connect(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Connect account" }).click();
  await page.getByRole("menuitem", { name: "Stage" }).click();
}
