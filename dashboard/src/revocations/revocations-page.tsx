import { Ban, Radio } from "lucide-react";
import { Person } from "../agent-tokens/person.tsx";
import { reasonOf } from "../agent-tokens/status.ts";
import { LiveMark } from "../live/live-mark.tsx";
import { Badge, Card, Empty, Page } from "../ui/bits.tsx";
import { Time } from "../ui/time.tsx";
import { type Heard, useRevocations } from "./feed.tsx";
import styles from "./revocations.module.css";

export default function RevocationsPage() {
  const heard = useRevocations();
  return (
    <Page
      title="Live"
      text="What is revoked in this workspace, the moment it is. What happens while you are offline is told when you come back."
    >
      <Card title="Revocations" actions={<LiveMark />}>
        {heard.length === 0 ? (
          <Empty icon={<Radio size={20} />} title="Listening">
            Nothing was revoked since you opened this tab. Leave it open: the next revocation
            appears here by itself.
          </Empty>
        ) : (
          <ol className={styles.list} aria-live="polite" aria-label="Revocations, the newest first">
            {heard.map((revocation) => (
              <Item key={revocation.cursor} of={revocation} />
            ))}
          </ol>
        )}
      </Card>
    </Page>
  );
}

function Item({ of }: { readonly of: Heard }) {
  const { agentToken, credentialId, revokedBy, reason, occurredAt, missed } = of;
  return (
    <li className={styles.item}>
      <span className={styles.icon} aria-hidden="true">
        <Ban size={16} />
      </span>
      <span className={styles.what}>
        <bdi className={styles.name}>{agentToken?.name || credentialId}</bdi>
        {agentToken && <span className={styles.hint}>{agentToken.hint}</span>}
        {missed && <Badge tone="accent">while you were away</Badge>}
      </span>
      <span className={styles.when}>
        <Time at={occurredAt} as="moment" />
      </span>
      <span className={styles.why}>
        by <Person of={revokedBy} /> · <bdi>{reasonOf(agentToken?.revocationReason ?? reason)}</bdi>
      </span>
    </li>
  );
}
