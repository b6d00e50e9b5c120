import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { isLive, Seat } from "./browser.ts";
import { look } from "./look.ts";
import { Person } from "./person.ts";
import type { Stage } from "./stage.ts";

const A_SECOND = 1_000;

export function watching(stage: () => Stage) {
  test("what somebody else does shows without a reload, within a second, in every tab", async () => {
    const { browser, service } = stage();
    const person = await Person.register(service);
    const colleague = await Person.register(service);
    await person.addMember(colleague.name, "ADMIN");
    const names = Array.from({ length: 5 }, (_, index) => `Shared ${index + 1}`);
    const tokens = [];
    for (const name of names) tokens.push({ name, ...(await person.createToken(name)) });
    const seat = await Seat.of(browser, person);
    const tabs = [await seat.open("/tokens"), await seat.open("/tokens")];
    for (const tab of tabs) {
      await tab.getByRole("row", { name: /Shared 5.*Active/s }).waitFor();
      await isLive(tab);
    }
    const everywhere = (...texts: string[]) => Promise.all(tabs.map((tab) => hasRow(tab, texts)));
    // What else the machine does makes it later, never earlier: the fastest counts.
    let fastest = Number.POSITIVE_INFINITY;
    for (const { id, name } of tokens) {
      await colleague.revokeToken(id, "It leaked");
      const begun = performance.now();
      await everywhere(name, "Revoked", "It leaked");
      fastest = Math.min(fastest, performance.now() - begun);
      if (fastest < A_SECOND) break;
    }
    expect(fastest).toBeLessThan(A_SECOND);
    await colleague.createTokenIn(person.workspace, "Brand new");
    await everywhere("Brand new", "Active");
    await seat.leave();
  });

  test("who was offline is told what was missed, in order, once", async () => {
    const { browser, service } = stage();
    const person = await Person.register(service);
    const names = ["First", "Second", "Third", "Fourth"];
    const tokens = [];
    for (const name of names) tokens.push(await person.createToken(name));
    const seat = await Seat.of(browser, person);
    const page = await seat.open("/live");
    await page.getByRole("heading", { name: "Listening" }).waitFor();
    await look(page, "live-empty");
    await isLive(page);
    const [first, second, third, fourth] = tokens;
    if (!first || !second || !third || !fourth) throw new Error("four tokens");
    await person.revokeToken(first.id, "While here");
    await page.getByText("While here").waitFor();

    await seat.context.setOffline(true);
    await page.getByText(/Connection lost/).waitFor();
    await look(page, "live-lost");
    await person.revokeToken(second.id, "Missed one");
    await person.revokeToken(third.id, "Missed two");
    await seat.context.setOffline(false);
    await page.getByText("Missed two").waitFor();
    await isLive(page);
    await person.revokeToken(fourth.id, "Here again");
    await page.getByText("Here again").waitFor();
    await page.getByText(/Connection lost/).waitFor({ state: "detached" });
    const entries = page.getByRole("list", { name: /^Revocations/ }).getByRole("listitem");
    const told = async () => (await entries.allTextContents()).map(reason);
    const expected = ["Here again", "Missed two", "Missed one", "While here"];
    expect(await told()).toEqual(expected);
    expect(await page.getByText("while you were away").count()).toBe(2);
    await look(page, "live");

    await page.reload();
    await page.getByText("While here").waitFor();
    await expect.poll(told).toEqual(expected);
    await seat.leave();
  });

  test("a service that starts again is waited for, and what happened meanwhile shows", async () => {
    const { browser, service } = stage();
    const person = await Person.register(service);
    const token = await person.createToken("Outlives it");
    const seat = await Seat.of(browser, person);
    const page = await seat.open("/tokens");
    await page.getByRole("row", { name: /Outlives it.*Active/s }).waitFor();
    await isLive(page);
    await service.end("SIGTERM");
    await page.getByText(/Connection lost. What you see is from/).waitFor();
    await page.getByText("Reconnecting…", { exact: true }).waitFor();
    await look(page, "tokens-lost");
    await service.run();
    await person.revokeToken(token.id, "Meanwhile");
    await page.getByRole("row", { name: /Outlives it.*Revoked.*Meanwhile/s }).waitFor();
    await page.getByText(/Connection lost/).waitFor({ state: "detached" });
    await seat.leave();
  });

  test("a session that ends during work loses nothing that was typed", async () => {
    const { browser, service } = stage();
    const seat = await Seat.of(browser, await Person.register(service));
    const page = await seat.open("/tokens");
    await page.getByRole("button", { name: "Create token" }).click();
    await page.getByLabel("Name", { exact: true }).fill("Half typed");
    await seat.context.clearCookies();
    await page.getByRole("button", { name: "Create token" }).last().click();
    await page.getByRole("heading", { name: "Sign in again" }).waitFor();
    await look(page, "sign-in-again");
    await page.getByLabel("Password", { exact: true }).fill("correct horse battery staple");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByRole("heading", { name: "Sign in again" }).waitFor({ state: "detached" });
    expect(await page.getByLabel("Name", { exact: true }).inputValue()).toBe("Half typed");
    await page.getByRole("button", { name: "Create token" }).last().click();
    await page.getByText(/^nxa_\w{40,}/).waitFor();
    await seat.leave();
  });

  test("a viewer cannot see tokens, and reads why", async () => {
    const { browser, service } = stage();
    const owner = await Person.register(service);
    const viewer = await Person.register(service);
    await owner.addMember(viewer.name, "VIEWER");
    await owner.createToken("Not for everybody");
    const seat = await Seat.of(browser, viewer);
    const page = await seat.open("/tokens");
    await page.getByRole("button", { name: "Choose a workspace" }).click();
    await page.getByRole("menuitem", { name: owner.name }).click();
    await page.getByRole("heading", { name: "Tokens are not for your role" }).waitFor();
    expect(await page.content()).not.toContain("Not for everybody");
    await look(page, "tokens-viewer");
    await seat.leave();
  });

  test("who loses their role while they look is told at once", async () => {
    const { browser, service } = stage();
    const owner = await Person.register(service);
    const admin = await Person.register(service);
    await owner.addMember(admin.name, "ADMIN");
    await owner.createToken("Seen for a while");
    const seat = await Seat.of(browser, admin);
    const page = await seat.open("/tokens");
    await page.getByRole("button", { name: "Choose a workspace" }).click();
    await page.getByRole("menuitem", { name: owner.name }).click();
    await page.getByRole("row", { name: /Seen for a while/ }).waitFor();
    await isLive(page);
    await owner.changeRole(admin.id, "VIEWER");
    await page.getByRole("heading", { name: "Tokens are not for your role" }).waitFor();
    expect(await page.content()).not.toContain("Seen for a while");
    await seat.leave();
  });

  test("a workspace on the free plan reads why it has no tokens", async () => {
    const { browser, service } = stage();
    const person = await Person.register(service);
    await service.operate("workspace", "set-plan", `@${person.name}`, "free");
    const seat = await Seat.of(browser, person);
    const page = await seat.open("/tokens");
    await page.getByText("Tokens need the Pro plan").waitFor();
    await page.getByRole("button", { name: /Create your first token/ }).click({ force: true });
    expect(await page.getByRole("dialog").count()).toBe(0);
    await look(page, "tokens-free");
    await seat.leave();
  });
}

/** Waits for a row with all of these texts; by the clock, for a tab behind another draws no frames. */
async function hasRow(tab: Page, texts: readonly string[]): Promise<void> {
  const stands = (texts: readonly string[]) =>
    [...document.querySelectorAll("tr")].some((row) =>
      texts.every((text) => row.textContent?.includes(text)),
    );
  await tab.waitForFunction(stands, texts, { polling: 20 });
}

/** The reason at the end of an entry. */
const reason = (text: string): string => text.split(" · ").at(-1) ?? "";
