import { CircleCheck, ExternalLink, TimerOff } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useClient } from "urql";
import { Link } from "wouter";
import {
  CancelPairingCodeDocument,
  PairingExchangedDocument,
  type PairingFragment,
} from "../graphql/generated.ts";
import { useWrite } from "../graphql/use-write.ts";
import { WriteTrouble } from "../graphql/write-trouble.tsx";
import { Empty } from "../ui/bits.tsx";
import { Button, ButtonLink } from "../ui/button.tsx";
import { countdown, useNow } from "../ui/clock.ts";
import { CopyButton } from "../ui/copy.tsx";
import type { Generating, Offered } from "./generating.ts";
import styles from "./pairing.module.css";
import { Qr } from "./qr.tsx";
import { type PairingState, stateOf } from "./state.ts";

interface OfferProps {
  readonly of: Offered;
  /** The same pairing as the list has it, which others may have changed. */
  readonly listed: PairingFragment | undefined;
  readonly generating: Generating;
  readonly onEnded: () => void;
}

/** A code that waits for its device, and turns into what became of it by itself. */
export function Offer({ of, listed, generating, onEnded }: OfferProps) {
  const now = useNow(500);
  const [heard, setHeard] = useHeard(of.pairing.id);
  const cancel = useWrite(CancelPairingCodeDocument);
  const pairing = heard ?? listed ?? of.pairing;
  const state = stateOf(pairing, now);
  const ended = useRef(onEnded);
  ended.current = onEnded;
  useEffect(() => {
    if (state !== "waiting") ended.current();
  }, [state]);

  if (state !== "waiting") return <Ended state={state} pairing={pairing} generating={generating} />;
  const stop = async () => {
    const answer = await cancel.send({ input: { id: pairing.id } });
    if (answer?.pairingCode) setHeard(answer.pairingCode);
  };
  const [from, until] = [Date.parse(pairing.createdAt), Date.parse(pairing.expiresAt)];
  const left = Math.max(0, (until - now) / (until - from));
  return (
    <div className={styles.offer}>
      <div className={styles.main}>
        <p className={styles.caption}>Type this code into the app</p>
        <p className={styles.digits}>{`${of.code.slice(0, 3)} ${of.code.slice(3)}`}</p>
        <span className={styles.bar} aria-hidden="true">
          <span style={{ width: `${100 * Math.min(1, left)}%` }} />
        </span>
        <p className={styles.left} role="timer">
          {countdown(until, now)} left
        </p>
        <WriteTrouble write={cancel} />
        <div className={styles.row}>
          {of.deepLink && (
            <ButtonLink look="primary" href={of.deepLink}>
              <ExternalLink size={16} aria-hidden="true" />
              Open the app
            </ButtonLink>
          )}
          <CopyButton text={of.code} />
          <Button look="ghost" onClick={stop} busy={cancel.busy}>
            Cancel the code
          </Button>
        </div>
      </div>
      {of.deepLink && (
        <figure className={styles.scan}>
          <Qr text={of.deepLink} label="The code, for a camera" />
          <figcaption className={styles.caption}>or scan it with the device</figcaption>
        </figure>
      )}
    </div>
  );
}

/** What is heard of a pairing: that its device has a token. */
function useHeard(id: string) {
  const client = useClient();
  const [heard, setHeard] = useState<PairingFragment | null>(null);
  useEffect(() => {
    const feed = client.subscription(PairingExchangedDocument, { id });
    return feed.subscribe(({ data }) => {
      if (data) setHeard(data.pairingCodeExchanged);
    }).unsubscribe;
  }, [client, id]);
  return [heard, setHeard] as const;
}

const ENDS: Record<Exclude<PairingState, "waiting" | "paired">, readonly [string, string]> = {
  expired: ["The code has expired", "Nobody used it in time, and nobody can any more."],
  superseded: [
    "Another code took its place",
    "You generated another one, on another page. That is the one that counts.",
  ],
  cancelled: ["The code was cancelled", "Nobody can use it any more."],
};

function Ended({
  state,
  pairing,
  generating,
}: {
  readonly state: Exclude<PairingState, "waiting">;
  readonly pairing: PairingFragment;
  readonly generating: Generating;
}) {
  if (state === "paired") {
    return (
      <Empty
        tone="success"
        icon={<CircleCheck size={22} />}
        title={
          <>
            Paired with <bdi>{pairing.agentToken?.name || "your app"}</bdi>
          </>
        }
        actions={<Button onClick={generating.reset}>Pair another app</Button>}
      >
        The app has its token and may connect. You find it under <Link href="/tokens">Tokens</Link>.
      </Empty>
    );
  }
  const [title, text] = ENDS[state];
  return (
    <Empty
      icon={<TimerOff size={20} />}
      title={title}
      actions={
        <Button look="primary" busy={generating.write.busy} onClick={generating.again}>
          Generate another
        </Button>
      }
    >
      {text}
      <WriteTrouble write={generating.write} />
    </Empty>
  );
}
