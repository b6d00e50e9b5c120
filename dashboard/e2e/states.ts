import { createHash } from "node:crypto";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { isLive, Seat } from "./browser.ts";
import { look } from "./look.ts";
import { PASSWORD, Person } from "./person.ts";
import { Service } from "./service.ts";
import type { Stage } from "./stage.ts";

export function states(stage: () => Stage) {
  test("the outline says that it is busy for as long as nothing else is to be read", async () => {
    const { browser, service } = stage();
    const seat = await Seat.of(browser, await Person.register(service));
    let answer = () => {};
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await seat.context.route("**/graphql", async (route) => {
      await held;
      await route.continue();
    });
    const page = await seat.open("/tokens");
    await page.locator("[aria-busy=true] main").waitFor();
    answer();
    await page.getByRole("heading", { name: "No tokens yet" }).waitFor();
    await seat.leave();
  });

  test("STALE_READ: what is not readable yet is said, asked again by itself, and then there", async () => {
    const { browser, service } = stage();
    const person = await Person.register(service);
    await person.createToken("Readable");
    const seat = await Seat.of(browser, person);
    const ahead = positionAhead();
    const page = await seat.open("/tokens");
    await page.getByRole("row", { name: /Readable/ }).waitFor();
    // As if this page had written something that the read models have not seen.
    await page.route("**/graphql", (route) =>
      route.continue({ headers: { ...route.request().headers(), "x-at-least": ahead } }),
    );
    await page.getByLabel("Status").selectOption("ACTIVE");
    await page.getByText("Still catching up").waitFor();
    await look(page, "state-stale");
    await page.unroute("**/graphql");
    await page.getByText("Still catching up").waitFor({ state: "detached" });
    await page.getByRole("row", { name: /Readable.*Active/s }).waitFor();
    await seat.leave();
  });

  test("RATE_LIMITED: who connects too often is told until when", async () => {
    const { browser } = stage();
    const service = await Service.start({ SESSION_TOKENS_PER_MINUTE: "1" });
    const seat = await Seat.of(browser, await Person.register(service));
    await seat.open("/tokens").then(isLive);
    const second = await seat.open("/tokens");
    await second.getByText(/Too many connections from your network/).waitFor();
    await look(second, "state-hurried");
    await seat.leave();
    await service.discard();
  });

  test("RATE_LIMITED: who tries too many passwords is told how long to wait", async () => {
    const { browser } = stage();
    const service = await Service.start({ AUTHENTICATIONS_PER_MINUTE: "3" });
    const person = await Person.register(service);
    const seat = await Seat.take(browser, service);
    const page = await seat.open("/sign-in");
    await page.getByLabel("Name", { exact: true }).fill(person.name);
    const told = page.getByText(/Too many attempts\. Wait \d+ \w+, then try again\./);
    await expect
      .poll(async () => {
        await page.getByLabel("Password", { exact: true }).fill("not that one");
        await page.getByRole("button", { name: "Sign in", exact: true }).click();
        await page.getByRole("alert").waitFor();
        return await told.count();
      })
      .toBe(1);
    await look(page, "state-too-many-attempts");
    await seat.leave();
    await service.discard();
  });

  test("FORBIDDEN: who loses a permission while they work reads which, and keeps what they typed", async () => {
    const { browser, service } = stage();
    const [owner, admin] = [await Person.register(service), await Person.register(service)];
    await owner.addMember(admin.name, "ADMIN");
    const seat = await Seat.of(browser, admin);
    const page = await inWorkspace(await seat.open("/members"), owner);
    await page.getByRole("button", { name: "Add member" }).click();
    await page.getByLabel("Name", { exact: true }).fill("somebody");
    await owner.changeRole(admin.id, "MEMBER");
    await page.getByRole("dialog").getByRole("button", { name: "Add member" }).click();
    await page.getByText("Your role does not allow this").waitFor();
    await page.getByText("members:manage").first().waitFor();
    expect(await page.getByLabel("Name", { exact: true }).inputValue()).toBe("somebody");
    await look(page, "state-forbidden");
    await seat.leave();
  });

  test("PLAN_REQUIRED: a plan that is lowered while a token is made is said, with the way out", async () => {
    const { browser, service } = stage();
    const person = await Person.register(service);
    const seat = await Seat.of(browser, person);
    const page = await seat.open("/tokens");
    await page.getByRole("button", { name: "Create token" }).click();
    await page.getByLabel("Name", { exact: true }).fill("Too late");
    await service.operate("workspace", "set-plan", `@${person.name}`, "free");
    await page.getByRole("dialog").getByRole("button", { name: "Create token" }).click();
    await page.getByText("This needs the Pro plan").waitFor();
    expect(await page.getByLabel("Name", { exact: true }).inputValue()).toBe("Too late");
    await look(page, "state-plan");
    await seat.leave();
  });

  test("no network: nothing typed is lost, and what was asked for happens once", async () => {
    const { browser, service } = stage();
    const seat = await Seat.of(browser, await Person.register(service));
    const page = await seat.open("/tokens");
    await page.getByRole("button", { name: "Create token" }).click();
    await page.getByLabel("Name", { exact: true }).fill("Written in a tunnel");
    await seat.context.setOffline(true);
    const create = page.getByRole("dialog").getByRole("button", { name: "Create token" });
    await create.click();
    await page.getByText("The service cannot be reached").waitFor();
    await look(page, "state-offline");
    await seat.context.setOffline(false);
    expect(await page.getByLabel("Name", { exact: true }).inputValue()).toBe("Written in a tunnel");
    await create.click();
    await page.getByText(/^nxa_\w{40,}/).waitFor();
    await page.getByRole("button", { name: "I have stored it" }).click();
    await page.getByRole("row", { name: /Written in a tunnel/ }).waitFor();
    expect(await page.getByRole("row", { name: /Written in a tunnel/ }).count()).toBe(1);
    await seat.leave();
  });

  test("signing out in one tab signs out the other, and signing in goes on in both", async () => {
    const { browser, service } = stage();
    const person = await Person.register(service);
    const seat = await Seat.of(browser, person);
    const [one, two] = [await seat.open("/tokens"), await seat.open("/members")];
    await two.getByRole("row", { name: person.name }).waitFor();
    // A tab behind another draws hardly any frames, and a click waits for some.
    await one.bringToFront();
    await one.getByRole("button", { name: "Your menu" }).click();
    await one.getByRole("menuitem", { name: "Sign out" }).click();
    await one.getByRole("heading", { name: "Sign in" }).waitFor();
    await two.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(await two.content()).not.toContain(person.name);
    await one.getByLabel("Name", { exact: true }).fill(person.name);
    await one.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await one.getByRole("button", { name: "Sign in", exact: true }).click();
    for (const tab of [one, two]) {
      await tab.getByRole("heading", { name: "No tokens yet" }).waitFor();
    }
    await seat.leave();
  });

  test("who is removed from a workspace while they look is back in their own", async () => {
    const { browser, service } = stage();
    const [owner, admin] = [await Person.register(service), await Person.register(service)];
    await owner.addMember(admin.name, "ADMIN");
    await owner.createToken("Not theirs any more");
    const seat = await Seat.of(browser, admin);
    const page = await inWorkspace(await seat.open("/tokens"), owner);
    await page.getByRole("row", { name: /Not theirs any more/ }).waitFor();
    await isLive(page);
    await owner.removeMember(admin.id);
    await page.getByRole("heading", { name: "No tokens yet" }).waitFor();
    expect(await page.content()).not.toContain("Not theirs any more");
    await page.getByRole("button", { name: "Create your first token" }).click();
    await page.getByLabel("Name", { exact: true }).fill("Own");
    await page.getByRole("dialog").getByRole("button", { name: "Create token" }).click();
    await page.getByText(/^nxa_\w{40,}/).waitFor();
    await seat.leave();
  });

  test("hostile names are text on every page", async () => {
    const { browser, service } = stage();
    const person = await Person.register(service);
    const names = [
      `<img src=x onerror="document.title='taken'">`,
      "javascript:alert(1)",
      "{{constructor.constructor('alert(1)')()}}",
    ];
    for (const name of names) {
      const { id } = await person.createToken(name);
      await person.revokeToken(id, `${name} \u202Egnp.exe`);
    }
    const seat = await Seat.of(browser, person);
    const page = await seat.open("/tokens");
    for (const path of ["Tokens", "History", "Live"]) {
      await page.getByRole("link", { name: path, exact: true }).click();
      await page.getByRole("heading", { name: path, level: 1 }).waitFor();
      await expect.poll(() => page.title()).toBe(`${path} · Keyledger`);
      expect(await page.locator("#root img, #root script").count()).toBe(0);
    }
    await seat.leave();
  });
}

/** A position that the log will not have reached for years. */
function positionAhead(): string {
  const payload = Buffer.alloc(9, 1);
  payload.writeBigUInt64BE(1n << 60n, 1);
  const checksum = createHash("sha256").update("position").update(payload).digest().subarray(0, 3);
  return Buffer.concat([payload, checksum]).toString("base64url");
}

async function inWorkspace(page: Page, owner: Person): Promise<Page> {
  await page.getByRole("button", { name: "Choose a workspace" }).click();
  await page.getByRole("menuitem", { name: owner.name }).click();
  await page.getByRole("button", { name: "Choose a workspace" }).getByText(owner.name).waitFor();
  return page;
}
