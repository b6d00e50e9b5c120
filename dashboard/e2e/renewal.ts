import type { BrowserContext, WebSocket } from "playwright-core";
import { expect, test } from "vitest";
import { isLive, Seat } from "./browser.ts";
import { Person } from "./person.ts";
import { Service } from "./service.ts";
import type { Stage } from "./stage.ts";

/** Seconds that a session token lives; a page renews it five seconds after it got it. */
const LIFE = 15;

export function renewal(stage: () => Stage) {
  test("a connection outlives the session token it was opened with, and nobody notices", async () => {
    const { browser } = stage();
    const service = await Service.start({
      DEFAULT_PLAN: "pro",
      SESSION_TOKEN_TTL: String(LIFE),
      SESSION_TOKENS_PER_MINUTE: "1000",
    });
    const person = await Person.register(service);
    const token = await person.createToken("Outlives it");
    const seat = await Seat.of(browser, person);
    const heard = listen(seat.context);
    const page = await seat.open("/tokens");
    await isLive(page);
    const opened = Date.now();
    await page.evaluate(watchMark);

    // Longer than the first token and the second live.
    const until = opened + 2 * LIFE * 1_000;
    await expect.poll(() => heard.renewed.length, { timeout: 120_000 }).toBeGreaterThan(2);
    await expect.poll(() => Date.now() > until, { timeout: 60_000 }).toBe(true);
    const ends = heard.renewed.map((at) => Date.parse(at));
    expect(ends).toEqual(ends.toSorted((one, other) => one - other));
    expect(ends.at(-1)).toBeGreaterThan(Date.now());
    await person.revokeToken(token.id, "Heard over the same connection");
    await page.getByRole("row", { name: /Heard over the same connection/ }).waitFor();
    expect(heard.sockets).toHaveLength(1);
    expect(heard.sockets[0]?.isClosed()).toBe(false);
    expect(await page.evaluate(() => (window as unknown as Marked).marks)).toEqual([]);
    await seat.leave();
    await service.discard();
  });
}

/** The sockets that pages open, and until when each renewal lets them be. */
function listen(context: BrowserContext): {
  readonly sockets: WebSocket[];
  readonly renewed: string[];
} {
  const sockets: WebSocket[] = [];
  const renewed: string[] = [];
  const heard = ({ payload }: { payload: string | Buffer }) => {
    const { type, payload: said } = JSON.parse(String(payload)) as Pong;
    if (type === "pong" && said?.expiresAt) renewed.push(said.expiresAt);
  };
  context.on("page", (page) =>
    page.on("websocket", (socket) => {
      sockets.push(socket);
      socket.on("framereceived", heard);
    }),
  );
  return { sockets, renewed };
}

interface Pong {
  readonly type: string;
  readonly payload?: { readonly expiresAt?: string };
}

interface Marked {
  readonly marks: string[];
}

/** Notes whatever but `Live` the page says of its connection from now on. */
function watchMark(): void {
  const marks: string[] = [];
  Object.assign(window, { marks });
  new MutationObserver(() => {
    const said = document.body.textContent?.match(/Reconnecting…|Catching up…|Connection lost/);
    if (said) marks.push(said[0]);
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}
