import { useHere } from "../app/viewer.tsx";
import { TokenDetailsDocument, type TokenFragment } from "../graphql/generated.ts";
import { spoken } from "../graphql/spoken.ts";
import { TroubleNotice } from "../graphql/trouble-notice.tsx";
import { useRead } from "../graphql/use-read.ts";
import { Facts, Notice, Skeleton } from "../ui/bits.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Time } from "../ui/time.tsx";
import { Event } from "./event.tsx";
import styles from "./history.module.css";

/** Verdicts in words. */
const VERDICTS: Record<string, string> = {
  VALID: "It is accepted now",
  REVOKED: "It is refused: it was revoked",
  EXPIRED: "It is refused: its time is over",
  PLAN_INACTIVE: "It is refused: the workspace's plan has no tokens",
  FORBIDDEN: "It is refused: its creator may not have tokens here now",
  NOT_FOUND: "It is refused: it does not exist",
};

/** All that is known of a token: what it may, what is decided of it now and by what, its history. */
export function DetailsDialog({
  token,
  onClose,
}: {
  readonly token: TokenFragment;
  readonly onClose: () => void;
}) {
  const { may } = useHere();
  const history = may("audit:read");
  const read = useRead(TokenDetailsDocument, { id: token.id, history });
  const { explainToken: verdict, agentToken } = read.data ?? {};
  const entries = agentToken?.history?.nodes;
  return (
    <Dialog
      wide
      title="Details"
      description={
        <>
          Of <bdi>{token.name}</bdi>
        </>
      }
      onClose={onClose}
      foot={<Button onClick={onClose}>Close</Button>}
    >
      {read.trouble && <TroubleNotice trouble={read.trouble} onRetry={read.again} />}
      <Notice tone={verdict && !verdict.valid ? "warning" : "neutral"}>
        {verdict ? (
          (VERDICTS[verdict.code] ?? `The verdict is ${verdict.code}`)
        ) : (
          <Skeleton width={180} />
        )}
        {verdict?.decidedBy && (
          <>
            . Decided by <code>{verdict.decidedBy.type}</code>,{" "}
            <Time at={verdict.decidedBy.occurredAt} as="moment" />
          </>
        )}
        .
      </Notice>
      <Facts
        of={[
          ["Id", <code key="id">{token.id}</code>],
          ["Hint", <code key="hint">{token.hint}</code>],
          ["Scopes", <code key="scopes">{token.scopes.join(", ")}</code>],
          ["Networks", token.allowedCidrs.join(", ") || "From anywhere"],
          ["Came by", spoken(token.origin)],
          ["Created", <Time key="created" at={token.createdAt} as="moment" />],
          [
            "Expires",
            token.expiresAt ? <Time key="expires" at={token.expiresAt} as="moment" /> : "Never",
          ],
        ]}
      />
      {history && (
        <section aria-label="History of the token">
          <ol className={styles.boxed} aria-busy={!entries}>
            {entries?.map((entry) => <Event key={entry.id} of={entry} />) ?? (
              <li className={styles.details}>
                <Skeleton width={220} />
              </li>
            )}
          </ol>
        </section>
      )}
    </Dialog>
  );
}
