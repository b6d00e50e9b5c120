import { expect, test } from "vitest";
import { Seat } from "./browser.ts";
import { look } from "./look.ts";
import { Person } from "./person.ts";
import type { Stage } from "./stage.ts";

export function policy(stage: () => Stage) {
  test("what a workspace asks of its tokens is changed, and holds for those that are there", async () => {
    const { browser, service } = stage();
    const owner = await Person.register(service);
    await owner.createToken("Lives for ever");
    const seat = await Seat.of(browser, owner);
    const page = await seat.open("/members");
    const card = page.getByRole("region", { name: "Policy for tokens" });
    await card.getByText("For ever").waitFor();
    await card.getByText("Anywhere").waitFor();
    await card.getByRole("button", { name: "Change the policy" }).click();
    await page.getByLabel("Tokens may live").selectOption("2592000");
    await page.getByLabel("Networks").fill("not a network");
    await page.getByLabel("A token must expire").check();
    await page.getByRole("button", { name: "Change policy" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("alert").waitFor();
    await look(page, "policy-change");
    await page.getByLabel("Networks").fill("203.0.113.0/24\n127.0.0.0/8");
    await page.getByRole("button", { name: "Change policy" }).click();
    await dialog.waitFor({ state: "detached" });
    await card.getByText("30 days at most").waitFor();
    await card.getByText("Always").waitFor();
    await card.getByText(/203\.0\.113\.0\/24/).waitFor();
    await look(page, "policy");
    await page.reload();
    await card.getByText("30 days at most").waitFor();

    await page.getByRole("link", { name: "Tokens" }).click();
    await page.getByRole("row", { name: /Lives for ever.*Suspended.*policy/s }).waitFor();
    await page.getByRole("button", { name: "Create token" }).click();
    await page.getByLabel("Name", { exact: true }).fill("Another");
    await page.getByLabel("Expires").selectOption("never");
    await dialog.getByRole("button", { name: "Create token" }).click();
    await dialog.getByRole("alert").waitFor();
    await page.getByLabel("Expires").selectOption("7");
    await dialog.getByRole("button", { name: "Create token" }).click();
    await page.getByText(/^nxa_\w{40,}/).waitFor();
    await seat.leave();
  });

  test("who may not change the policy reads it, and why not", async () => {
    const { browser, service } = stage();
    const [owner, member] = [await Person.register(service), await Person.register(service)];
    await owner.addMember(member.name, "MEMBER");
    const seat = await Seat.of(browser, member);
    const page = await seat.open("/members");
    await page.getByRole("button", { name: "Choose a workspace" }).click();
    await page.getByRole("menuitem", { name: owner.name }).click();
    const card = page.getByRole("region", { name: "Policy for tokens" });
    await card.getByText("For ever").waitFor();
    await card.getByRole("button", { name: /Change the policy.*your role member/ }).waitFor();
    expect(await page.getByRole("dialog").count()).toBe(0);
    await seat.leave();
  });
}
