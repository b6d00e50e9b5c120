import { expect, test } from "vitest";
import { Seat } from "./browser.ts";
import { look } from "./look.ts";
import { Person } from "./person.ts";
import type { Stage } from "./stage.ts";

export function pairing(stage: () => Stage) {
  test("a code turns into the app that used it, by itself", async () => {
    const { browser, service } = stage();
    const seat = await Seat.of(browser, await Person.register(service));
    const page = await seat.open("/pairing");
    await page.getByRole("heading", { name: "No app was paired yet" }).waitFor();
    await page.getByRole("button", { name: "Generate pairing code" }).click();
    const shown = page.getByText(/^\d{3} \d{3}$/);
    const first = (await shown.textContent()) ?? "";
    await page.getByText(/^[45]:\d\d left$/).waitFor();
    await look(page, "pairing-code");
    await page.getByRole("button", { name: "Cancel the code" }).click();
    await page.getByRole("heading", { name: "The code was cancelled" }).waitFor();
    await page.getByRole("button", { name: "Generate another" }).click();
    await expect.poll(() => shown.textContent()).not.toBe(first);
    const code = (await shown.textContent()) ?? "";
    const exchanged = await fetch(`${service.address}/api/agent-tokens/exchange`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ code, device_name: "DESK-1" }),
    });
    expect(exchanged.status).toBe(200);
    await page.getByRole("heading", { name: /^Paired with .*DESK-1/ }).waitFor();
    await look(page, "pairing-paired");
    expect(await page.content()).not.toContain(code);
    await page.getByRole("main").getByRole("link", { name: "Tokens" }).click();
    await page.getByRole("row", { name: /DESK-1.*Active/s }).waitFor();
    await seat.leave();
  });

  test("a code that another page took the place of says so, and one whose time is over", async () => {
    const { browser, service } = stage();
    const seat = await Seat.of(browser, await Person.register(service));
    const page = await seat.open("/pairing");
    const generate = page.getByRole("button", { name: "Generate pairing code" });
    await generate.waitFor();
    await look(page, "pairing");
    await page.clock.install();
    await page.reload();
    await generate.click();
    await page.getByText(/^\d{3} \d{3}$/).waitFor();
    const other = await seat.open("/pairing");
    await other.getByRole("button", { name: "Generate pairing code" }).click();
    await other.getByText(/^\d{3} \d{3}$/).waitFor();
    await page.bringToFront();
    await page.getByRole("heading", { name: "Another code took its place" }).waitFor();
    await page.getByRole("button", { name: "Generate another" }).click();
    await page.getByText(/^\d{3} \d{3}$/).waitFor();
    await page.clock.fastForward("05:01");
    await page.getByRole("heading", { name: "The code has expired" }).waitFor();
    await look(page, "pairing-expired");
    await seat.leave();
  });
}
