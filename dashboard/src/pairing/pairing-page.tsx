import { CircleCheck, Smartphone, TimerOff } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useClient } from "urql";
import { useHere } from "../app/viewer.tsx";
import {
  CancelPairingCodeDocument,
  GeneratePairingCodeDocument,
  PairingExchangedDocument,
  type PairingFragment,
  PairingsDocument,
} from "../graphql/generated.ts";
import { TroubleNotice } from "../graphql/trouble-notice.tsx";
import { useRead } from "../graphql/use-read.ts";
import { useWrite } from "../graphql/use-write.ts";
import { WriteTrouble } from "../graphql/write-trouble.tsx";
import { Badge, Card, Empty, Page, type Tone } from "../ui/bits.tsx";
import { Button } from "../ui/button.tsx";
import { countdown, useNow } from "../ui/clock.ts";
import { TextField } from "../ui/field.tsx";
import { Item, Items } from "../ui/items.tsx";
import { Time } from "../ui/time.tsx";
import styles from "./pairing.module.css";
import { Qr } from "./qr.tsx";
import { type PairingState, stateOf } from "./state.ts";

interface Shown {
  readonly pairing: PairingFragment;
  readonly code: string;
  readonly deepLink: string | null;
}

const STATES: Record<PairingState, readonly [Tone, string]> = {
  waiting: ["accent", "Waiting"],
  paired: ["success", "Paired"],
  expired: ["neutral", "Expired"],
  superseded: ["neutral", "Superseded"],
  cancelled: ["neutral", "Cancelled"],
};

export default function PairingPage() {
  const { workspace, unless } = useHere();
  const why =
    unless("tokens:manage") ??
    (workspace.plan === "FREE" ? "the plan Free has no tokens" : undefined);
  const [shown, setShown] = useState<Shown | null>(null);
  const [name, setName] = useState("");
  const write = useWrite(GeneratePairingCodeDocument);
  const read = useRead(PairingsDocument, { workspace: workspace.id });
  const generate = async () => {
    const input = { workspaceId: workspace.id, tokenName: name.trim() || null };
    const done = await write.send({ input });
    if (!done?.pairingCode || !done.code) return;
    setShown({ pairing: done.pairingCode, code: done.code, deepLink: done.deepLink });
    read.again();
  };
  const past = read.data?.workspace?.pairingCodes.edges;
  return (
    <Page
      title="Pairing"
      text="Give a desktop app a token without copying anything: type the code there within five minutes."
    >
      <WriteTrouble write={write} shown={["tokenName"]} />
      <Card title="Pair an app">
        {shown ? (
          <Live
            key={shown.pairing.id}
            shown={shown}
            again={generate}
            done={() => setShown(null)}
            refresh={read.again}
          />
        ) : (
          <form
            className={styles.code}
            onSubmit={(event) => {
              event.preventDefault();
              void generate();
            }}
          >
            <TextField
              label="Name of the token"
              optional
              maxLength={100}
              value={name}
              onChange={(event) => setName(event.target.value)}
              error={write.errorAt("tokenName")}
              hint="Without one it is called after the device."
            />
            <Button type="submit" look="primary" large unavailable={why} busy={write.busy}>
              Generate pairing code
            </Button>
          </form>
        )}
      </Card>
      {read.trouble && <TroubleNotice trouble={read.trouble} onRetry={read.again} />}
      <Card title="Recent pairings">
        {past?.length === 0 ? (
          <Empty icon={<Smartphone size={20} />} title="No app was paired yet">
            Generate a code to pair the first one.
          </Empty>
        ) : (
          <Items label="Pairings" busy={read.loading}>
            {past?.map(({ node }) => (
              <Past key={node.id} pairing={node} />
            ))}
          </Items>
        )}
      </Card>
    </Page>
  );
}

function Past({ pairing }: { readonly pairing: PairingFragment }) {
  const [tone, name] = STATES[stateOf(pairing, useNow(5_000))];
  return (
    <Item
      icon={<Smartphone size={17} />}
      title={
        <>
          <bdi>{pairing.agentToken?.name ?? "A code"}</bdi> <Badge tone={tone}>{name}</Badge>
        </>
      }
    >
      Generated <Time at={pairing.createdAt} as="moment" />
      {pairing.createdBy.label && (
        <>
          {" by "}
          <bdi>{pairing.createdBy.label}</bdi>
        </>
      )}
    </Item>
  );
}

/** A code that waits for its device, and turns into what became of it by itself. */
function Live({
  shown,
  again,
  done,
  refresh,
}: {
  readonly shown: Shown;
  readonly again: () => void;
  readonly done: () => void;
  readonly refresh: () => void;
}) {
  const client = useClient();
  const now = useNow(500);
  const [pairing, setPairing] = useState(shown.pairing);
  const cancel = useWrite(CancelPairingCodeDocument);
  const { id } = shown.pairing;
  useEffect(() => {
    const feed = client.subscription(PairingExchangedDocument, { id });
    return feed.subscribe(({ data }) => {
      if (data) setPairing(data.pairingCodeExchanged);
    }).unsubscribe;
  }, [client, id]);
  const state = stateOf(pairing, now);
  const told = useRef(refresh);
  told.current = refresh;
  useEffect(() => {
    if (state !== "waiting") told.current();
  }, [state]);

  if (state === "paired") {
    return (
      <Empty
        icon={<CircleCheck size={20} />}
        title={`Paired with ${pairing.agentToken?.name ?? "your app"}`}
        actions={<Button onClick={done}>Pair another</Button>}
      >
        The app has its token and may connect. You find it under Tokens.
      </Empty>
    );
  }
  if (state !== "waiting") {
    return (
      <Empty
        icon={<TimerOff size={20} />}
        title={state === "expired" ? "The code has expired" : `The code was ${state}`}
        actions={
          <Button look="primary" onClick={again}>
            Generate another
          </Button>
        }
      >
        {state === "superseded"
          ? "You generated another one, which is the one that counts."
          : "Nobody can use it any more."}
      </Empty>
    );
  }
  const stop = async () => {
    const answer = await cancel.send({ input: { id } });
    if (answer?.pairingCode) setPairing(answer.pairingCode);
  };
  return (
    <div className={styles.code}>
      <p>Type this into the app:</p>
      <p className={styles.digits}>{`${shown.code.slice(0, 3)} ${shown.code.slice(3)}`}</p>
      <p className={styles.left} role="timer">
        {countdown(Date.parse(pairing.expiresAt), now)} left
      </p>
      {shown.deepLink && <Qr text={shown.deepLink} label="The code, for a camera" />}
      <WriteTrouble write={cancel} />
      <div className={styles.row}>
        {shown.deepLink && (
          <a className={styles.link} href={shown.deepLink}>
            Open the app
          </a>
        )}
        <Button onClick={stop} busy={cancel.busy}>
          Cancel the code
        </Button>
      </div>
    </div>
  );
}
