import { randomBytes } from "node:crypto";
import { request } from "node:http";
import { expect, test } from "vitest";
import { Seat } from "./browser.ts";
import { PASSWORD } from "./person.ts";
import { Service } from "./service.ts";
import type { Stage } from "./stage.ts";

/** Milliseconds that a visitor is promised to need at most. */
const A_MINUTE = 60_000;

export function story(stage: () => Stage) {
  test("from an empty data folder to a revoked token in under a minute of clicking", async () => {
    const { browser } = stage();
    const service = await Service.start({ DEFAULT_PLAN: "pro" });
    const seat = await Seat.take(browser, service);
    const begun = performance.now();
    const page = await seat.open("/");
    await page.getByRole("heading", { name: "Set up Keyledger" }).waitFor();
    await page.getByLabel("Name", { exact: true }).fill("ada");
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.getByRole("button", { name: "Create the owner" }).click();
    await page.getByRole("button", { name: "Create your first token" }).click();
    await page.getByLabel("Name", { exact: true }).fill("Desk");
    await page.getByRole("dialog").getByRole("button", { name: "Create token" }).click();
    const secret = (await page.getByText(/^nxa_\w{40,}/).textContent()) ?? "";
    await page.getByRole("button", { name: "I have stored it" }).click();
    expect(await connects(service, secret)).toBe(true);
    await page.getByRole("button", { name: "Actions for Desk" }).click();
    await page.getByRole("menuitem", { name: "Revoke" }).click();
    await page.getByRole("button", { name: "Revoke token" }).click();
    await page.getByRole("row", { name: /Desk.*Revoked/s }).waitFor();
    const taken = performance.now() - begun;
    expect(await connects(service, secret)).toBe(false);
    console.info(`the whole story: ${(taken / 1000).toFixed(1)} s`);
    expect(taken).toBeLessThan(A_MINUTE);
    await seat.leave();
    await service.discard();
  });
}

/** Whether an agent gets in with a secret. */
async function connects(service: Service, secret: string): Promise<boolean> {
  const headers = {
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": randomBytes(16).toString("base64"),
  };
  const opening = request(`${service.address}/ws?token=${secret}`, { headers }).end();
  return await new Promise((known, fails) => {
    opening.on("error", fails);
    opening.on("response", (answer) => {
      answer.resume();
      known(false);
    });
    opening.on("upgrade", (_, socket) => {
      socket.destroy();
      known(true);
    });
  });
}
