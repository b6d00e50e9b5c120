import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const BINARY = process.env.KEYLEDGER_BINARY ?? resolve("../target/debug/keyledger");

/** A running service with a data folder of its own. */
export class Service {
  private process: ChildProcess | null = null;
  private printed = "";

  private constructor(
    private readonly folder: string,
    private readonly port: number,
    private readonly settings: Record<string, string>,
  ) {}

  static async start(settings: Record<string, string> = {}): Promise<Service> {
    const folder = await mkdtemp(join(tmpdir(), "keyledger-dashboard-"));
    const service = new Service(folder, await freePort(), settings);
    await service.run();
    return service;
  }

  /** The address that it printed. */
  get address(): string {
    return this.printed;
  }

  /** Runs it on the same port and folder as before, and waits until it listens. */
  async run(): Promise<void> {
    const child = spawn(
      BINARY,
      ["serve", "--listen", `127.0.0.1:${this.port}`, "--data", join(this.folder, "data")],
      {
        // A machine that is busy with browsers must not have requests put off.
        env: { ...environment(), ...prefixed({ LONGEST_WAIT_MS: "60000", ...this.settings }) },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    this.process = child;
    const said: string[] = [];
    child.stderr?.on("data", (text) => said.push(String(text)));
    await new Promise<void>((listens, fails) => {
      createInterface({ input: child.stdout }).on("line", (line) => {
        said.push(line);
        const [, address] = line.match(/^listening on (http:\S+)$/) ?? [];
        if (!address) return;
        this.printed = address;
        listens();
      });
      child.on("error", fails);
      child.on("exit", (code) => fails(new Error(`it ended with ${code}:\n${said.join("\n")}`)));
    });
  }

  /** Ends it; as a crash would, or so that it can finish. */
  async end(signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): Promise<void> {
    const child = this.process;
    this.process = null;
    if (!child || child.exitCode !== null) return;
    const gone = new Promise((done) => child.once("exit", done));
    child.kill(signal);
    await gone;
  }

  async discard(): Promise<void> {
    await this.end();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** An operator's command beside it. */
  async operate(...arguments_: string[]): Promise<unknown> {
    const line = ["--data", join(this.folder, "data"), "--json", ...arguments_];
    const { stdout } = await promisify(execFile)(BINARY, line, { env: environment() });
    return JSON.parse(stdout);
  }
}

/** Ours, without what was meant for another service. */
function environment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !name.startsWith("KEYLEDGER_"));
  return Object.fromEntries(entries);
}

function prefixed(settings: Record<string, string>): Record<string, string> {
  const entries = Object.entries(settings);
  return Object.fromEntries(entries.map(([name, value]) => [`KEYLEDGER_${name}`, value]));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
