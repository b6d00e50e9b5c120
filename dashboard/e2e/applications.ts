import { createHash, randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import { expect, test } from "vitest";
import { Seat } from "./browser.ts";
import { look } from "./look.ts";
import { PASSWORD, Person } from "./person.ts";
import type { Service } from "./service.ts";
import type { Stage } from "./stage.ts";

export function applications(stage: () => Stage) {
  test("who let no application act for them reads what would be there", async () => {
    const { browser, service } = stage();
    const seat = await Seat.of(browser, await Person.register(service));
    const page = await seat.open("/applications");
    await page.getByRole("heading", { name: "No application may act for you" }).waitFor();
    await look(page, "applications-empty");
    await seat.leave();
  });

  test("an application that was let in is listed, and its access taken back", async () => {
    const { browser, service } = stage();
    const application = await Application.register(service);
    const person = await Person.register(service);
    const seat = await Seat.take(browser, service);
    const page = await seat.open(application.request());
    await page.getByLabel(/name/i).fill(person.name);
    await page.getByLabel(/password/i).fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("button", { name: "Allow", exact: true }).click();
    const tokens = await application.exchange();

    await seat.signIn(person);
    await page.goto(`${service.address}/sessions`);
    await page.getByRole("listitem").filter({ hasText: "Mod Manager" }).waitFor();
    await look(page, "sessions-application");
    await page.goto(`${service.address}/applications`);
    const listed = page.getByRole("listitem").filter({ hasText: "Mod Manager" });
    await listed.waitFor();
    await look(page, "applications");
    await listed.getByRole("button", { name: "Take back" }).click();
    await page.getByRole("dialog").waitFor();
    await look(page, "application-take-back");
    await page.getByRole("dialog").getByRole("button", { name: "Take back" }).click();
    await page.getByRole("heading", { name: "No application may act for you" }).waitFor();
    expect((await application.refresh(tokens.refresh_token ?? "")).status).toBe(400);
    application.end();
    await seat.leave();
  });
}

/** A public application that waits on this machine for its code (RFC 8252). */
class Application {
  private readonly verifier = randomBytes(32).toString("base64url");
  private readonly arrived: Promise<URLSearchParams>;

  private constructor(
    private readonly service: Service,
    private readonly id: string,
    private readonly server: Server,
    private readonly redirect: string,
  ) {
    this.arrived = new Promise((arrives) => {
      server.on("request", ({ url = "" }, response) => {
        response.end("You can close this window.");
        const { pathname, searchParams } = new URL(url, redirect);
        if (pathname === "/callback") arrives(searchParams);
      });
    });
  }

  static async register(service: Service): Promise<Application> {
    const server = createServer();
    await new Promise<void>((listens) => server.listen(0, "127.0.0.1", listens));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    const redirect = `http://127.0.0.1:${address.port}/callback`;
    const id = `mod_manager_${address.port}`;
    const named = ["--client-id", id, "--kind", "public", "--name", "Mod Manager"];
    const may = ["--redirect-uri", redirect, "--scope", "openid", "--scope", "profile"];
    await service.operate("client", "create", ...named, ...may);
    return new Application(service, id, server, redirect);
  }

  /** Where it sends a browser to ask. */
  request(): string {
    const query = new URLSearchParams({
      client_id: this.id,
      response_type: "code",
      scope: "openid profile",
      redirect_uri: this.redirect,
      state: "s-1",
      code_challenge_method: "S256",
      code_challenge: createHash("sha256").update(this.verifier).digest("base64url"),
    });
    return `/oauth/authorize?${query}`;
  }

  /** Its first tokens, for the code that the browser brought. */
  async exchange(): Promise<Record<string, string>> {
    const code = (await this.arrived).get("code") ?? "";
    const more = { code, redirect_uri: this.redirect, code_verifier: this.verifier };
    const answer = await this.ask({ grant_type: "authorization_code", ...more });
    expect(answer.status).toBe(200);
    return (await answer.json()) as Record<string, string>;
  }

  async refresh(token: string): Promise<Response> {
    return await this.ask({ grant_type: "refresh_token", refresh_token: token });
  }

  end(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async ask(form: Record<string, string>): Promise<Response> {
    const body = new URLSearchParams({ client_id: this.id, ...form });
    return await fetch(`${this.service.address}/oauth/token`, { method: "POST", body });
  }
}
