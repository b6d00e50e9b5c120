import { Slider } from "radix-ui";
import { useEffect, useState } from "react";
import { useHere } from "../app/viewer.tsx";
import { TokensThenDocument } from "../graphql/generated.ts";
import { spoken } from "../graphql/spoken.ts";
import { TroubleNotice } from "../graphql/trouble-notice.tsx";
import { useRead } from "../graphql/use-read.ts";
import { Badge, Card, Skeleton, type Tone } from "../ui/bits.tsx";
import { formatMoment } from "../ui/clock.ts";
import styles from "./history.module.css";

const STEPS = 1000;
const MOST = 20;
const TONES: Record<string, Tone> = {
  ACTIVE: "success",
  SUSPENDED: "warning",
  REVOKED: "danger",
  EXPIRED: "neutral",
};

/** The tokens as they stood at a moment. */
export function Then() {
  const { workspace, user } = useHere();
  const [now] = useState(Date.now);
  const begin = Date.parse(user.joinedAt);
  const [step, setStep] = useState(STEPS);
  const [asked, setAsked] = useState(STEPS);
  // Asked for once the slider rests.
  useEffect(() => {
    const timer = setTimeout(() => setAsked(step), 200);
    return () => clearTimeout(timer);
  }, [step]);
  const at = (of: number) => begin + ((now - begin) * of) / STEPS;
  const time = new Date(at(asked)).toISOString();
  const read = useRead(TokensThenDocument, { workspace: workspace.id, time, first: MOST });
  const then = read.data?.agentTokens;
  return (
    <Card title="The tokens at any moment" padded>
      <div className={styles.then}>
        <p>
          As of <span className={styles.moment}>{formatMoment(at(step))}</span>
        </p>
        <Slider.Root
          className={styles.slider}
          min={0}
          max={STEPS}
          value={[step]}
          onValueChange={([value = STEPS]) => setStep(value)}
        >
          <Slider.Track className={styles.track}>
            <Slider.Range className={styles.range} />
          </Slider.Track>
          <Slider.Thumb
            className={styles.thumb}
            aria-label="Moment"
            aria-valuetext={formatMoment(at(step))}
          />
        </Slider.Root>
        {read.trouble && <TroubleNotice trouble={read.trouble} onRetry={read.again} />}
        <ul className={styles.thenList} aria-label="Tokens then" aria-busy={read.refreshing}>
          {!then && <Skeleton width={220} />}
          {then?.nodes.length === 0 && <li>No tokens yet.</li>}
          {then?.nodes.map((token) => (
            <li key={token.id} className={styles.thenItem}>
              <Badge tone={TONES[token.status] ?? "neutral"}>{spoken(token.status)}</Badge>
              <bdi>{token.name}</bdi>
              <span className={styles.hint}>{token.hint}</span>
            </li>
          ))}
          {then && then.totalCount > then.nodes.length && (
            <li>and {then.totalCount - then.nodes.length} more</li>
          )}
        </ul>
      </div>
    </Card>
  );
}
