import { type Cache, cacheExchange } from "@urql/exchange-graphcache";
import { changedIn } from "./outdated.ts";

/** What a payload embeds and nothing else refers to has no identity of its own. */
const embedded = () => null;

type List = "agentTokens" | "connectedAccounts" | "members" | "pairingCodes";

/** Every list of a workspace that is shown is asked for again: which rows belong to it may differ. */
function changed(cache: Cache, ...fields: List[]): void {
  changedIn(fields);
  for (const { entityKey, fieldKey } of lists(cache, fields)) cache.invalidate(entityKey, fieldKey);
}

const tokensChanged = (cache: Cache) => changed(cache, "agentTokens");

const pairingsChanged = (cache: Cache) => changed(cache, "pairingCodes");

/** Who belongs to a workspace decides which of its tokens are suspended. */
function membersChanged(cache: Cache): void {
  changed(cache, "agentTokens", "members");
  changedIn(["viewer"]);
  cache.invalidate("Query", "viewer");
}

function* lists(cache: Cache, fields: readonly string[]) {
  const workspaces = new Set<string>();
  for (const { fieldName, arguments: args } of cache.inspectFields("Query")) {
    if (fieldName !== "workspace") continue;
    const workspace = cache.resolve("Query", fieldName, args ?? undefined);
    if (typeof workspace === "string") workspaces.add(workspace);
  }
  for (const entityKey of workspaces) {
    for (const { fieldName, fieldKey } of cache.inspectFields(entityKey)) {
      if (fields.includes(fieldName)) yield { entityKey, fieldKey };
    }
  }
}

/** The normalised cache: a token that one answer changes is changed wherever it is shown. */
export const cache = () =>
  cacheExchange({
    // Every fragment is of one type alone, so none is matched by the look of it.
    possibleTypes: {},
    keys: {
      AgentTokenChange: embedded,
      AgentTokenConnection: embedded,
      AuditEventConnection: embedded,
      TokenExplanation: embedded,
      ConnectedAccountChange: embedded,
      ConnectedAccountConnection: embedded,
      ConnectedAccountEdge: embedded,
      PlatformInfo: embedded,
      AuthorizationConnection: embedded,
      AuthorizationEdge: embedded,
      PairingCodeConnection: embedded,
      PairingCodeEdge: embedded,
      Member: embedded,
      MemberConnection: embedded,
      MemberEdge: embedded,
      Membership: embedded,
      PageInfo: embedded,
      StreamCaughtUp: embedded,
      StreamLagged: embedded,
      StreamUnreadable: embedded,
      TokenRevocation: embedded,
      Viewer: embedded,
      WorkspacePolicy: embedded,
    },
    updates: {
      Subscription: {
        // That a feed is current says that what was read before it began may not be.
        agentTokenChanged(result, _args, store) {
          const { change } = result.agentTokenChanged as { change?: string };
          // A use changes no list; all else may.
          if (change !== "usage_observed") tokensChanged(store);
        },
        connectedAccountChanged: (_result, _args, store) => changed(store, "connectedAccounts"),
      },
      Mutation: {
        createToken: (_result, _args, store) => tokensChanged(store),
        renameToken: (_result, _args, store) => tokensChanged(store),
        rotateToken: (_result, _args, store) => tokensChanged(store),
        revokeToken: (_result, _args, store) => tokensChanged(store),
        generatePairingCode: (_result, _args, store) => pairingsChanged(store),
        addMember: (_result, _args, store) => membersChanged(store),
        changeMemberRole: (_result, _args, store) => membersChanged(store),
        removeMember: (_result, _args, store) => membersChanged(store),
        changeWorkspacePolicy: (_result, _args, store) => tokensChanged(store),
        changePlan: (_result, _args, store) => tokensChanged(store),
        revokeAllTokens: (_result, _args, store) => tokensChanged(store),
      },
    },
  });
