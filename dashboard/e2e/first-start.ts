import { expect, test } from "vitest";

import { Seat } from "./browser.ts";
import { look } from "./look.ts";
import { PASSWORD } from "./person.ts";
import type { Stage } from "./stage.ts";

export function firstStart(stage: () => Stage) {
  test("an empty service leads from its owner's account to a revoked token", async () => {
    const { browser, service } = stage();
    const seat = await Seat.take(browser, service);
    const page = await seat.open("/");
    await page.getByRole("heading", { name: "Set up Keyledger" }).waitFor();
    await look(page, "set-up");

    await page.getByLabel("Name", { exact: true }).fill("ada");
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.getByRole("button", { name: "Create the owner" }).click();
    await page.getByRole("heading", { name: "No tokens yet" }).waitFor();
    await look(page, "tokens-empty");

    await page.getByRole("button", { name: "Create your first token" }).click();
    await page.getByLabel("Name", { exact: true }).fill("Desk");
    await look(page, "token-create");
    await page.getByRole("button", { name: "Create token" }).last().click();
    const secret = await page.getByText(/^nxa_\w{40,}/).textContent();
    expect(secret).toMatch(/^nxa_/);
    await look(page, "token-secret");
    await page.getByRole("button", { name: "I have stored it" }).click();

    await page.getByRole("row", { name: /Desk/ }).getByText("Active").waitFor();
    await page.getByRole("button", { name: "Actions for Desk" }).click();
    await page.getByRole("menuitem", { name: "Revoke" }).click();
    await page.getByLabel("Reason").fill("Lost laptop");
    await look(page, "token-revoke");
    await page.getByRole("button", { name: "Revoke token" }).click();
    await page.getByRole("row", { name: /Desk.*Revoked.*Lost laptop/s }).waitFor();
    await seat.leave();
  });

  test("once somebody has an account, the next is asked to sign in", async () => {
    const { browser, service } = stage();
    const seat = await Seat.take(browser, service);
    const page = await seat.open("/");
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await look(page, "sign-in");

    await page.getByLabel("Name", { exact: true }).fill("ada");
    await page.getByLabel("Password", { exact: true }).fill("not that one");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByText("do not go together").waitFor();
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByRole("row", { name: /Desk/ }).waitFor();

    await page.getByRole("button", { name: "Your menu" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.goBack();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await seat.leave();
  });

  test("a name that is taken, and a password that is weak, are said beside their fields", async () => {
    const { browser, service } = stage();
    const seat = await Seat.take(browser, service);
    const page = await seat.open("/sign-up");
    await page.getByLabel("Name", { exact: true }).fill("ada");
    await page.getByLabel("Password", { exact: true }).fill("another horse, another battery");
    await page.getByRole("button", { name: "Create account" }).click();
    await page.getByText("This name is taken.").waitFor();
    await page.getByLabel("Name", { exact: true }).fill("grace");
    await page.getByLabel("Password", { exact: true }).fill("password");
    await page.getByRole("button", { name: "Create account" }).click();
    await page.getByText("among the first that anyone would guess").waitFor();
    await look(page, "sign-up");
    await seat.leave();
  });
}
