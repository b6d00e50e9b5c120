import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const SERVER = resolve("../tests/node/platform.mjs");
const CLIENT = { id: "tests", secret: "their secret" };

/** A platform of the name `stage`, in the shape of a real one, and its description. */
export class Platform {
  private constructor(
    private readonly process: ChildProcess,
    private readonly address: string,
    private readonly folder: string,
  ) {}

  static async start(): Promise<Platform> {
    const child = spawn("node", [SERVER, "discord"], { stdio: ["ignore", "pipe", "inherit"] });
    const address = await new Promise<string>((listens, fails) => {
      createInterface({ input: child.stdout }).once("line", (line) =>
        listens(line.replace("listening on ", "")),
      );
      child.once("exit", (code) => fails(new Error(`the platform ended with ${code}`)));
    });
    const folder = await mkdtemp(join(tmpdir(), "keyledger-platforms-"));
    await writeFile(join(folder, "stage.toml"), description(address));
    return new Platform(child, address, folder);
  }

  /** How a service knows it. */
  get settings(): Record<string, string> {
    return {
      PROVIDERS: this.folder,
      PROVIDER_STAGE_CLIENT_ID: CLIENT.id,
      PROVIDER_STAGE_CLIENT_SECRET: CLIENT.secret,
    };
  }

  /** Changes how it behaves. */
  async set(behaviour: Record<string, unknown>): Promise<void> {
    await fetch(`${this.address}/_set`, { method: "POST", body: JSON.stringify(behaviour) });
  }

  async discard(): Promise<void> {
    this.process.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

const description = (address: string): string => `
name = "Stage"
authorization_endpoint = "${address}/authorize"
token_endpoint = "${address}/token"
revocation_endpoint = "${address}/revoke"
userinfo_endpoint = "${address}/users"
user_id = "/id"
username = "/username"
scopes = ["identify", "chat:read"]
pkce = true
client_auth = "basic"
revoke = "refresh_token"

[refresh]
rotation = "always"
`;
