import { setTimeout } from "node:timers/promises";
import type { Service } from "./service.ts";

export const PASSWORD = "correct horse battery staple";

let made = 0;

/** Somebody with an account, who acts beside the browser. */
export class Person {
  private constructor(
    readonly name: string,
    readonly service: Service,
    private access: string,
    readonly id: string,
    readonly workspace: string,
  ) {}

  static async register(service: Service, name?: string): Promise<Person> {
    made += 1;
    const own = name ?? `person-${made}`;
    const { user_key } = await post(service, "/register", { user_id: own, user_secret: PASSWORD });
    const login = { user_key, user_secret: PASSWORD };
    const { access_token = "" } = await post(service, "/authenticate", login);
    const person = new Person(own, service, access_token, "", "");
    const { viewer } = await person.ask<{
      viewer: { user: { id: string }; memberships: { workspace: { id: string } }[] };
    }>("{ viewer { user { id } memberships { workspace { id } } } }");
    const workspace = viewer.memberships[0]?.workspace.id ?? "";
    return new Person(own, service, access_token, viewer.user.id, workspace);
  }

  /** Sends an operation, and waits for nothing but its answer. */
  async ask<T>(query: string, variables: Record<string, unknown> = {}): Promise<T> {
    for (;;) {
      const response = await fetch(`${this.service.address}/graphql`, {
        method: "POST",
        headers: {
          "Content-Type": "application/json",
          Authorization: `Bearer ${this.access}`,
          ...(this.workspace && { "X-Workspace": this.workspace }),
        },
        body: JSON.stringify({ query, variables }),
      });
      const answer = (await response.json()) as { data?: T; errors?: Refused[] };
      // The table of what was registered a moment ago may not be at hand yet.
      if (
        !this.id &&
        answer.errors?.every(({ extensions }) => extensions?.code === "UNAVAILABLE")
      ) {
        await setTimeout(50);
        continue;
      }
      if (!answer.data || answer.errors) throw new Error(JSON.stringify(answer));
      return answer.data;
    }
  }

  async createToken(name: string, more: Record<string, unknown> = {}): Promise<Token> {
    const { createToken } = await this.ask<{
      createToken: { agentToken: { id: string } | null; secret: string; userErrors: unknown[] };
    }>(
      `mutation($input: CreateTokenInput!) {
        createToken(input: $input) { agentToken { id } secret userErrors { code message } } }`,
      { input: { name, ...more } },
    );
    if (!createToken.agentToken) throw new Error(JSON.stringify(createToken.userErrors));
    return { id: createToken.agentToken.id, secret: createToken.secret };
  }

  /** In another's workspace. */
  async createTokenIn(workspace: string, name: string): Promise<Token> {
    return await this.createToken(name, { workspaceId: workspace });
  }

  async revokeToken(id: string, reason: string): Promise<void> {
    await this.ask(
      `mutation($input: RevokeTokenInput!) {
        revokeToken(input: $input) { userErrors { code } } }`,
      { input: { id, reason } },
    );
  }

  async changeRole(userId: string, role: string): Promise<void> {
    await this.ask(
      `mutation($input: ChangeMemberRoleInput!) {
        changeMemberRole(input: $input) { userErrors { code message } } }`,
      { input: { workspaceId: this.workspace, userId, role } },
    );
  }

  async removeMember(userId: string, workspaceId = this.workspace): Promise<void> {
    await this.ask(
      `mutation($input: RemoveMemberInput!) { removeMember(input: $input) { userErrors { code } } }`,
      { input: { workspaceId, userId } },
    );
  }

  async addMember(username: string, role: string, workspaceId = this.workspace): Promise<void> {
    await this.ask(
      `mutation($input: AddMemberInput!) { addMember(input: $input) { userErrors { code message } } }`,
      { input: { workspaceId, username, role } },
    );
  }
}

interface Refused {
  readonly extensions?: { readonly code?: string };
}

export interface Token {
  readonly id: string;
  readonly secret: string;
}

async function post(service: Service, path: string, body: object): Promise<Record<string, string>> {
  const response = await fetch(service.address + path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Record<string, string>;
}
