import { Client, type Exchange, type Operation, type OperationResult } from "@urql/core";
import { expect, test } from "vitest";
import { filter, fromPromise, makeSubject, map, merge, mergeMap, pipe } from "wonka";
import { cache } from "./cache.ts";
import {
  AddMemberDocument,
  MembersDocument,
  RenameTokenDocument,
  TokenChangesDocument,
  type TokenFragment,
  TokensDocument,
} from "./generated.ts";
import { outdatedExchange } from "./outdated.ts";

const token = (name: string, more: Partial<TokenFragment> = {}) => ({
  __typename: "AgentToken",
  id: "tok_1",
  name,
  hint: "nxa_…1",
  status: "ACTIVE",
  suspension: null,
  scopes: [],
  allowedCidrs: [],
  origin: "DASHBOARD",
  createdAt: "2026-03-01T12:00:00Z",
  createdBy: { __typename: "Actor", kind: "USER", id: "usr_1", label: "ada" },
  expiresAt: null,
  lastUsedAt: null,
  lastUsedFrom: null,
  activeConnections: 0,
  revokedAt: null,
  revokedBy: null,
  revocationReason: null,
  replacedBy: null,
  revision: 0,
  ...more,
});

const pageInfo = {
  __typename: "PageInfo",
  hasNextPage: false,
  hasPreviousPage: false,
  startCursor: null,
  endCursor: null,
};

const listed = (...nodes: object[]) => ({
  workspace: {
    __typename: "Workspace",
    id: "ws_1",
    agentTokens: {
      __typename: "AgentTokenConnection",
      totalCount: nodes.length,
      pageInfo,
      nodes,
    },
  },
});

const members = {
  workspace: {
    __typename: "Workspace",
    id: "ws_1",
    name: "ada",
    plan: "PRO",
    planSince: "2026-03-01T12:00:00Z",
    members: { __typename: "MemberConnection", pageInfo, edges: [] },
  },
};

/** A page that shows the tokens, and a service whose answers the test decides. */
async function stage() {
  const asked: string[] = [];
  const answers: Record<string, object> = { Tokens: listed(token("Desk")), Members: members };
  const told = makeSubject<object>();
  let onTheWay = Promise.resolve();
  const nameOf = ({ query }: Operation) => {
    const [definition] = query.definitions;
    return definition && "name" in definition ? (definition.name?.value ?? "") : "";
  };
  const service: Exchange = () => (operations$) => {
    const answer = (operation: Operation, data: object) =>
      ({ operation, data, stale: false, hasNext: false }) as OperationResult;
    const feeds = pipe(
      operations$,
      filter(({ kind }) => kind === "subscription"),
      mergeMap((operation) =>
        pipe(
          told.source,
          map((data) => answer(operation, data)),
        ),
      ),
    );
    const others = pipe(
      operations$,
      filter(({ kind }) => kind === "query" || kind === "mutation"),
      mergeMap((operation) => {
        asked.push(nameOf(operation));
        const data = answers[nameOf(operation)] ?? {};
        return fromPromise(onTheWay.then(() => answer(operation, data)));
      }),
    );
    return merge([feeds, others]);
  };
  const exchanges = [cache(), outdatedExchange, service];
  const client = new Client({ url: "/", preferGetMethod: false, exchanges });
  let shown: readonly string[] = [];
  client.query(TokensDocument, { workspace: "ws_1" }).subscribe(({ data }) => {
    shown = data?.workspace?.agentTokens.nodes.map(({ name, status }) => `${name} ${status}`) ?? [];
  });
  client.subscription(TokenChangesDocument, { workspace: "ws_1" }).subscribe(() => {});
  await settled();
  expect(shown).toEqual(["Desk ACTIVE"]);
  return {
    client,
    answers,
    shown: () => shown,
    /** Answers take until then. */
    takes(until: Promise<void>): void {
      onTheWay = until;
    },
    /** How often the service was asked for the operation. */
    asks: (name: string) => asked.filter((it) => it === name).length,
    async hears(change: string, agentToken: object) {
      const message = { __typename: "AgentTokenChange", cursor: "c", position: "p", change };
      told.next({ agentTokenChanged: { ...message, agentToken } });
      await settled();
    },
  };
}

const settled = () => new Promise((done) => setTimeout(done, 5));

test("what a mutation answers shows in every list, and the lists are asked for again", async () => {
  const page = await stage();
  page.answers.RenameToken = {
    renameToken: { __typename: "TokenPayload", agentToken: token("Shelf"), userErrors: [] },
  };
  page.answers.Tokens = listed(token("Shelf"));
  await page.client.mutation(RenameTokenDocument, { input: { id: "tok_1", name: "Shelf" } });
  await settled();
  expect(page.shown()).toEqual(["Shelf ACTIVE"]);
  expect(page.asks("Tokens")).toBe(2);
});

test("what somebody else did shows as it is heard", async () => {
  const page = await stage();
  page.answers.Tokens = listed(token("Desk", { status: "REVOKED" }));
  await page.hears("revoked", token("Desk", { status: "REVOKED" }));
  expect(page.shown()).toEqual(["Desk REVOKED"]);
  expect(page.asks("Tokens")).toBe(2);
});

test("an answer that was on its way when something changed is asked for again", async () => {
  const page = await stage();
  let arrive = () => {};
  page.takes(
    new Promise((done) => {
      arrive = done;
    }),
  );
  let first: readonly string[] = [];
  page.client.query(TokensDocument, { workspace: "ws_1", first: 1 }).subscribe(({ data }) => {
    first = data?.workspace?.agentTokens.nodes.map(({ name }) => name) ?? [];
  });
  page.answers.Tokens = listed(token("New", { id: "tok_2" }));
  await page.hears("created", token("New", { id: "tok_2" }));
  arrive();
  await settled();
  expect(page.shown()).toEqual(["New ACTIVE"]);
  expect(first).toEqual(["New"]);
});

test("a use changes the row alone", async () => {
  const page = await stage();
  await page.hears("usage_observed", token("Desk", { lastUsedAt: "2026-03-01T13:00:00Z" }));
  expect(page.asks("Tokens")).toBe(1);
});

test("who belongs to a workspace decides which of its tokens work", async () => {
  const page = await stage();
  page.client
    .query(MembersDocument, { workspace: "ws_1", first: 25, after: null })
    .subscribe(() => {});
  await settled();
  page.answers.AddMember = {
    addMember: {
      __typename: "WorkspacePayload",
      workspace: { __typename: "Workspace", id: "ws_1" },
      userErrors: [],
    },
  };
  await page.client.mutation(AddMemberDocument, {
    input: { workspaceId: "ws_1", username: "grace", role: "ADMIN" },
  });
  await settled();
  expect([page.asks("Members"), page.asks("Tokens")]).toEqual([2, 2]);
});
