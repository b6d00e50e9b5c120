import type { CDPSession, Page } from "playwright-core";
import { expect, test } from "vitest";

import { Seat } from "./browser.ts";
import { look } from "./look.ts";
import { Person } from "./person.ts";
import type { Stage } from "./stage.ts";

export function tokens(stage: () => Stage) {
  test("a secret is shown once and is then nowhere", async () => {
    const { browser, service } = stage();
    const seat = await Seat.of(browser, await Person.register(service));
    const page = await seat.open("/tokens");
    const shown = async () => (await page.content()).includes(secret);
    await page.getByRole("button", { name: "Create token" }).click();
    await page.getByLabel("Name", { exact: true }).fill("Once");
    await page.getByRole("button", { name: "Create token" }).last().click();
    const secret = (await page.getByText(/^nxa_\w{40,}/).textContent()) ?? "";
    await page.getByRole("button", { name: "Copy" }).click();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(secret);
    await page.getByRole("button", { name: "I have stored it" }).click();
    await page.getByRole("row", { name: /Once/ }).waitFor();

    await expect.poll(shown).toBe(false);
    // What was rendered last goes with the next rendering.
    await expect.poll(() => isInMemory(page, secret)).toBe(false);
    const kept = await page.evaluate(() =>
      JSON.stringify([{ ...localStorage }, { ...sessionStorage }]),
    );
    expect(kept).not.toContain(secret);
    await page.reload();
    await page.getByRole("row", { name: /Once/ }).waitFor();
    expect(await shown()).toBe(false);
    await page.goto("about:blank");
    await page.goBack();
    await page.getByRole("row", { name: /Once/ }).waitFor();
    expect(await shown()).toBe(false);
    await seat.leave();
  });

  test("leaving while a secret is shown, and coming back, does not show it again", async () => {
    const { browser, service } = stage();
    const seat = await Seat.of(browser, await Person.register(service));
    const page = await seat.open("/tokens");
    await page.getByRole("button", { name: "Create token" }).click();
    await page.getByLabel("Name", { exact: true }).fill("Left");
    await page.getByRole("button", { name: "Create token" }).last().click();
    const secret = (await page.getByText(/^nxa_\w{40,}/).textContent()) ?? "";
    await page.goto("about:blank");
    await page.goBack();
    // The page is as it was left, its connection gone: it says so, and comes back by itself.
    await page.getByRole("row", { name: /Left/ }).waitFor();
    expect(await page.content()).not.toContain(secret);
    await seat.leave();
  });

  test("a token is renamed, rotated with an overlap, and found again", async () => {
    const { browser, service } = stage();
    const person = await Person.register(service);
    await person.createToken("Old name");
    const other = await person.createToken("Other");
    await person.revokeToken(other.id, "No longer needed");
    const seat = await Seat.of(browser, person);
    const page = await seat.open("/tokens");

    await page.getByRole("button", { name: "Actions for Other" }).click();
    await page.getByRole("menuitem", { name: "Details" }).click();
    await page.getByText("It is refused: it was revoked").waitFor();
    await page.getByText("Agent token created").waitFor();
    await look(page, "token-details");
    await page.getByRole("button", { name: "Close" }).last().click();

    await page.getByRole("button", { name: "Actions for Old name" }).click();
    await page.getByRole("menuitem", { name: "Rename" }).click();
    await page.getByLabel("Name", { exact: true }).fill("New name");
    await page.getByRole("button", { name: "Rename" }).click();
    await page.getByRole("row", { name: /New name/ }).waitFor();

    await page.getByRole("button", { name: "Actions for New name" }).click();
    await page.getByRole("menuitem", { name: "Rotate" }).click();
    await page.getByRole("dialog").waitFor();
    await look(page, "token-rotate");
    await page.getByRole("button", { name: "Rotate" }).click();
    await page.getByText(/^nxa_\w{40,}/).waitFor();
    await page.getByRole("button", { name: "I have stored it" }).click();
    await page.getByRole("row", { name: /New name.*Rotating/s }).waitFor();
    await page.getByRole("row", { name: /New name.*Active/s }).waitFor();
    await look(page, "tokens");

    await page.getByLabel("Status").selectOption("REVOKED");
    await page.getByRole("row", { name: /Other/ }).waitFor();
    await expect.poll(() => page.getByRole("row", { name: /New name/ }).count()).toBe(0);
    await page.getByLabel("Status").selectOption("ANY");
    await page.getByLabel("Search by name").fill("nothing like it");
    await page.getByRole("heading", { name: "No token matches" }).waitFor();
    await look(page, "tokens-no-match");
    await page.getByRole("button", { name: "Show all tokens" }).click();
    await page.getByRole("row", { name: /Other/ }).waitFor();
    await seat.leave();
  });

  test("what nobody used is revoked together", async () => {
    const { browser, service } = stage();
    const person = await Person.register(service);
    for (const name of ["One", "Two", "Three"]) await person.createToken(name);
    const seat = await Seat.of(browser, person);
    const page = await seat.open("/tokens");
    await page.getByRole("button", { name: "Revoke unused" }).click();
    await page.getByText("No token was unused for that long.").waitFor();
    await page.getByLabel("Not used for").selectOption("0");
    await page.getByText("3 tokens: ").waitFor();
    await look(page, "tokens-revoke-unused");
    await page.getByRole("button", { name: "Revoke 3 tokens" }).click();
    await page.getByText("3 tokens revoked.").first().waitFor();
    await expect.poll(() => page.getByRole("row", { name: /Revoked.*Unused/s }).count()).toBe(3);
    await seat.leave();
  });

  test("a name is shown as it is, whatever it says", async () => {
    const { browser, service } = stage();
    const person = await Person.register(service);
    const hostile = `<img src=x onerror="document.title='taken'"> עברית`;
    await person.createToken(hostile);
    await person.createToken("x".repeat(100));
    const seat = await Seat.of(browser, person);
    const page = await seat.open("/tokens");
    await page.getByText(hostile).waitFor();
    expect(await page.title()).toBe("Tokens · Keyledger");
    await look(page, "tokens-hostile");
    await seat.leave();
  });

  test("many tokens come in pages, in the order that was asked for", async () => {
    const { browser, service } = stage();
    const person = await Person.register(service);
    await service.operate("workspace", "set-plan", `@${person.name}`, "team");
    for (let number = 10; number < 33; number += 1) await person.createToken(`Agent ${number}`);
    const seat = await Seat.of(browser, person);
    const page = await seat.open("/tokens");
    await page.getByText("1 to 20 of 23").waitFor();
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByText("21 to 23 of 23").waitFor();
    await page.getByRole("button", { name: "Previous" }).click();
    await page.getByRole("button", { name: "Name", exact: true }).click();
    await expect.poll(() => firstName(page)).toContain("Agent 10");
    await page.getByRole("button", { name: "Name", exact: true }).click();
    await expect.poll(() => firstName(page)).toContain("Agent 32");
    await seat.leave();
  });
}

const firstName = (page: Page) => page.getByRole("row").nth(1).textContent();

/** Whether a text is anywhere among the page's objects. */
async function isInMemory(page: Page, text: string): Promise<boolean> {
  const session: CDPSession = await page.context().newCDPSession(page);
  let found = false;
  let tail = "";
  session.on("HeapProfiler.addHeapSnapshotChunk", ({ chunk }) => {
    found ||= (tail + chunk).includes(text);
    tail = chunk.slice(-text.length);
  });
  await session.send("HeapProfiler.enable");
  await session.send("HeapProfiler.collectGarbage");
  await session.send("HeapProfiler.takeHeapSnapshot", { reportProgress: false });
  await session.detach();
  return found;
}
