import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { isLive, Seat } from "./browser.ts";
import { look } from "./look.ts";
import { PASSWORD, Person } from "./person.ts";
import type { Stage } from "./stage.ts";

export function workspace(stage: () => Stage) {
  test("who was removed from everywhere is told so, and is back once they are added", async () => {
    const { browser, service } = stage();
    const founder = await Person.register(service);
    const heir = await Person.register(service);
    await founder.addMember(heir.name, "OWNER");
    await heir.removeMember(founder.id, founder.workspace);
    const seat = await Seat.of(browser, founder);
    const page = await seat.open("/tokens");
    await page.getByRole("heading", { name: "You belong to no workspace" }).waitFor();
    // Nothing is awaited any more.
    expect(await page.locator('[class*="skeleton"]').count()).toBe(0);
    await look(page, "no-workspace");
    await heir.addMember(founder.name, "ADMIN", founder.workspace);
    await page.getByRole("button", { name: "Look again" }).click();
    await page.getByRole("heading", { name: "No tokens yet" }).waitFor();
    await seat.leave();
  });

  test("members come, get another role and go; the plan is lowered", async () => {
    const { browser, service } = stage();
    const owner = await Person.register(service);
    const other = await Person.register(service);
    await owner.createToken("Runs");
    const seat = await Seat.of(browser, owner);
    const page = await visit(seat, "Members");
    await page.getByRole("row", { name: new RegExp(`${owner.name}.*Owner`, "s") }).waitFor();

    await page.getByRole("button", { name: "Add member" }).click();
    await page.getByLabel("Name", { exact: true }).fill("nobody-is-called-that");
    await page.getByRole("button", { name: "Add member" }).last().click();
    await page.getByText("Nobody here signs in with this name.").waitFor();
    await look(page, "member-add");
    await page.getByLabel("Name", { exact: true }).fill(other.name);
    await page.getByRole("button", { name: "Add member" }).last().click();
    await page.getByRole("row", { name: new RegExp(`${other.name}.*Member`, "s") }).waitFor();

    await page.getByRole("button", { name: `Change the role of ${other.name}` }).click();
    await page.getByLabel("Role", { exact: true }).selectOption("ADMIN");
    await page.getByRole("button", { name: "Change role" }).click();
    await page.getByRole("row", { name: new RegExp(`${other.name}.*Admin`, "s") }).waitFor();
    await look(page, "members");

    await page.getByRole("button", { name: `Change the role of ${owner.name}` }).click();
    await page.getByLabel("Role", { exact: true }).selectOption("VIEWER");
    await page.getByRole("button", { name: "Change role" }).click();
    await page.getByRole("dialog").getByRole("alert").waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();

    await page.getByRole("button", { name: `Remove ${other.name}` }).click();
    await page.getByRole("button", { name: "Remove", exact: true }).click();
    await page.getByRole("row", { name: other.name }).waitFor({ state: "detached" });

    await page.getByRole("button", { name: "Lower the plan" }).click();
    await page.getByRole("dialog").waitFor();
    await look(page, "plan-lower");
    await page.getByRole("button", { name: "Lower to Free" }).click();
    await page.getByRole("button", { name: /Lower the plan.*it is the lowest/ }).waitFor();
    await page.getByRole("link", { name: "Tokens" }).click();
    await page.getByRole("row", { name: /Runs.*Suspended.*the plan has no tokens/s }).waitFor();
    await seat.leave();
  });

  test("somebody sees where they are signed in, and ends it there", async () => {
    const { elsewhere, left, seat, page } = await inTwoBrowsers(stage());
    const sessions = page.getByRole("list", { name: "Sessions" }).getByRole("listitem");
    await page.getByText("This one", { exact: true }).waitFor();
    await expect.poll(() => sessions.count()).toBe(3);
    await look(page, "sessions");
    const browsers = sessions.filter({ hasText: "Browser" });
    await browsers.filter({ hasNotText: "This one" }).getByRole("button", { name: "End" }).click();
    await page.getByRole("button", { name: "End session" }).click();
    await expect.poll(() => sessions.count()).toBe(2);
    await left.getByRole("heading", { name: "Sign in again" }).waitFor();
    await left.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await left.getByRole("button", { name: "Sign in", exact: true }).click();
    await left.getByRole("heading", { name: "Sign in again" }).waitFor({ state: "detached" });
    await elsewhere.leave();
    await seat.leave();
  });

  test("whoever deletes their account is out everywhere, and does not come back", async () => {
    const { person, elsewhere, left, seat, page } = await inTwoBrowsers(stage());
    await page.getByRole("button", { name: "Delete account" }).click();
    await page.getByLabel("Your name").fill("somebody else");
    await page.getByRole("button", { name: "Delete for good" }).click();
    await page.getByText(`Write ${person.name}, exactly so.`).waitFor();
    await look(page, "delete-account");
    await page.getByLabel("Your name").fill(person.name);
    await page.getByRole("button", { name: "Delete for good" }).click();
    await page.waitForURL("**/sign-in");
    await left.reload();
    await left
      .getByRole("heading", { name: /^Sign in/ })
      .first()
      .waitFor();
    await page.getByLabel("Name", { exact: true }).fill(person.name);
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByText("This name and password do not go together.").waitFor();
    await elsewhere.leave();
    await seat.leave();
  });

  test("the history tells who did what, and how the tokens stood at any moment", async () => {
    const { browser, service } = stage();
    const person = await Person.register(service);
    const token = await person.createToken("Remembered");
    await person.createToken("Still there");
    await person.revokeToken(token.id, "=cmd|' /C calc'!A0");
    const seat = await Seat.of(browser, person);
    const page = await visit(seat, "History");
    const events = page.getByRole("list", { name: /^Events/ });
    await events.getByText("Agent token revoked").waitFor();
    await page.getByText("Issued 2").waitFor();
    const then = page.getByRole("list", { name: "Tokens then" });
    await then.getByText("Remembered").waitFor();
    await page.getByRole("slider", { name: "Moment" }).press("Home");
    await then.getByText("No tokens yet.").waitFor();
    await page.getByRole("slider", { name: "Moment" }).press("End");
    await then.getByText("Revoked").waitFor();

    await page.getByLabel("What").selectOption("agent_token.revoked");
    await expect.poll(() => events.getByText("Agent token created").count()).toBe(0);
    await events.getByText("Agent token revoked").click();
    await page.getByText('"reason": "user"').waitFor();
    await look(page, "history");

    for (const [format, expected] of [
      ["NDJSON", '"type":"agent_token.revoked"'],
      ["CSV", "agent_token.revoked,"],
    ] as const) {
      await page.getByRole("button", { name: "Export" }).click();
      const saved = page.waitForEvent("download");
      await page.getByRole("menuitem", { name: `As ${format}` }).click();
      const text = await readFile(await (await saved).path(), "utf8");
      expect(text).toContain(expected);
      expect(text.trim().split("\n").length).toBe(format === "CSV" ? 2 : 1);
    }
    await seat.leave();
  });

  test("what happens while the history is looked at is added, if it is what was asked for", async () => {
    const { browser, service } = stage();
    const person = await Person.register(service);
    const seat = await Seat.of(browser, person);
    const page = await visit(seat, "History");
    const events = page.getByRole("list", { name: /^Events/ });
    await events.getByText("Workspace created").waitFor();
    await page.getByLabel("What").selectOption("agent_token.revoked");
    await page.getByText("Nothing like it happened").waitFor();
    await isLive(page);
    const token = await person.createToken("Not asked for");
    await person.revokeToken(token.id, "While it was looked at");
    await events.getByText("Agent token revoked").waitFor();
    expect(await events.getByText("Agent token created").count()).toBe(0);
    await page.getByLabel("What").selectOption("");
    await events.getByText("Agent token created").waitFor();
    await page.getByText("Issued 1").waitFor();
    await page.getByText("Revoked 1").waitFor();
    await look(page, "history-all");
    await seat.leave();
  });
}

/** Opens the page by its link, as people do. */
async function visit(seat: Seat, name: string): Promise<Page> {
  const page = await seat.open("/tokens");
  // From then on it reads what was done before, however far the read models are.
  await isLive(page);
  await page.getByRole("link", { name }).click();
  await page.getByRole("heading", { name, level: 1 }).waitFor();
  return page;
}

/** Somebody new who is signed in with two browsers, and looks with one of them at where that is. */
async function inTwoBrowsers({ browser, service }: Stage) {
  const person = await Person.register(service);
  const elsewhere = await Seat.of(browser, person);
  const left = await elsewhere.open("/tokens");
  await left.getByRole("heading", { name: "No tokens yet" }).waitFor();
  const seat = await Seat.of(browser, person);
  const page = await visit(seat, "Your sessions");
  return { person, elsewhere, left, seat, page };
}
