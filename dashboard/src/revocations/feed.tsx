import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from "react";
import { useClient } from "urql";
import { useHere } from "../app/viewer.tsx";
import {
  type RevocationFragment,
  RevocationsDocument,
  TokenChangesDocument,
} from "../graphql/generated.ts";
import { useToast } from "../ui/toast.tsx";

export interface Heard extends RevocationFragment {
  /** It happened while this page was away. */
  readonly missed: boolean;
}

/** The newest that are kept. */
const MOST = 200;

const FeedContext = createContext<readonly Heard[]>([]);

/** What was revoked since this tab was opened, the newest first. */
export const useRevocations = () => useContext(FeedContext);

/** Follows the workspace for as long as the page is open, whichever page that is. */
export function LiveFeeds({ children }: { readonly children: ReactNode }) {
  const { workspace, may } = useHere();
  const allowed = may("tokens:read");
  const heard = useHeard(workspace.id, allowed);
  const client = useClient();
  useEffect(() => {
    if (!allowed) return;
    const changes = client.subscription(TokenChangesDocument, { workspace: workspace.id });
    return changes.subscribe(() => {}).unsubscribe;
  }, [client, workspace.id, allowed]);
  return <FeedContext value={heard}>{children}</FeedContext>;
}

function useHeard(workspace: string, allowed: boolean): readonly Heard[] {
  const { user } = useHere();
  const client = useClient();
  const toast = useToast();
  const say = useRef(toast);
  say.current = toast;
  const [heard, setHeard] = useState<readonly Heard[]>([]);
  useEffect(() => {
    if (!allowed) return;
    // Where this tab began to listen: after a reload it is told the same again.
    const key = `keyledger-revocations-${workspace}`;
    const after = sessionStorage.getItem(key);
    setHeard([]);
    const feed = client.subscription(RevocationsDocument, { workspace, after });
    return feed.subscribe(({ data, extensions }) => {
      const message = data?.tokenRevocations;
      if (message?.__typename === "StreamCaughtUp") {
        if (!sessionStorage.getItem(key)) sessionStorage.setItem(key, message.cursor);
      } else if (message?.__typename === "TokenRevocation") {
        const missed = extensions?.live !== true;
        setHeard((before) => [{ ...message, missed }, ...before].slice(0, MOST));
        if (!missed && message.revokedBy.id !== user.id) say.current("neutral", told(message));
      }
    }).unsubscribe;
  }, [client, workspace, allowed, user.id]);
  return heard;
}

function told({ agentToken, revokedBy }: RevocationFragment): ReactNode {
  return (
    <>
      <bdi>{agentToken?.name || "A credential"}</bdi> was revoked
      {revokedBy.label && (
        <>
          {" "}
          by <bdi>{revokedBy.label}</bdi>
        </>
      )}
      .
    </>
  );
}
