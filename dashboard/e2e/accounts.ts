import { test } from "vitest";
import { look, Seat } from "./browser.ts";
import { Person } from "./person.ts";
import type { Stage } from "./stage.ts";

export function accounts(stage: () => Stage) {
  test("where no platform is configured, the page of accounts says who can do so", async () => {
    const { browser, service } = stage();
    const person = await Person.register(service);
    const seat = await Seat.take(browser, service);
    await seat.signIn(person);
    const page = await seat.open("/accounts?connect_error=access_denied");
    await page.getByRole("heading", { name: "No account is connected" }).waitFor();
    await page.getByText("You did not agree at the platform").waitFor();
    await look(page, "accounts-empty");
    await seat.leave();
  });
}
