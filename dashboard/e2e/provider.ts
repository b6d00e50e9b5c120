import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { createServer, type Server } from "node:http";

/** An identity provider on this machine: its keys, and a page on which somebody signs in. */
export class Provider {
  private constructor(
    private readonly server: Server,
    readonly address: string,
  ) {}

  static async start(): Promise<Provider> {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const key = { ...publicKey.export({ format: "jwk" }), kid: "ins_1", use: "sig", alg: "RS256" };
    const server = createServer(({ url = "" }, response) => {
      const { pathname, searchParams } = new URL(url, address);
      if (pathname === "/.well-known/openid-configuration") {
        response.end(JSON.stringify({ issuer: address, jwks_uri: `${address}/keys` }));
      } else if (pathname === "/keys") {
        response.end(JSON.stringify({ keys: [key] }));
      } else {
        // Browsers keep cookies by host, whatever the port.
        response.setHeader("Set-Cookie", `__session=${token(address, privateKey)}; Path=/`);
        response.writeHead(302, { Location: searchParams.get("redirect_url") ?? "/" }).end();
      }
    });
    await new Promise<void>((listens) => server.listen(0, "127.0.0.1", listens));
    const bound = server.address();
    if (bound === null || typeof bound === "string") throw new Error("no port");
    const address = `http://127.0.0.1:${bound.port}`;
    return new Provider(server, address);
  }

  /** How a service knows it. */
  get settings(): Record<string, string> {
    return { CLERK_ISSUER: this.address, CLERK_SIGN_IN_URL: `${this.address}/sign-in` };
  }

  /** The token of a session that somebody else made up. */
  forged(): string {
    return token(this.address, generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey);
  }

  end(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

/** The token of a session that has just begun, good for longer than any test. */
function token(issuer: string, key: KeyObject): string {
  const now = Math.floor(Date.now() / 1000);
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const times = { iat: now, nbf: now - 10, exp: now + 600 };
  const claims = { iss: issuer, sub: "user_ada", sid: `sess_${now}`, ...times };
  const signed = `${encode({ alg: "RS256", kid: "ins_1", typ: "JWT" })}.${encode(claims)}`;
  return `${signed}.${sign("sha256", Buffer.from(signed), key).toString("base64url")}`;
}
