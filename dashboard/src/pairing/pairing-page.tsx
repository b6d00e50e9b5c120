import { Smartphone } from "lucide-react";
import { useHere } from "../app/viewer.tsx";
import { type PairingFragment, PairingsDocument } from "../graphql/generated.ts";
import { TroubleNotice } from "../graphql/trouble-notice.tsx";
import { useRead } from "../graphql/use-read.ts";
import { Badge, Card, Empty, Page, Skeleton, type Tone } from "../ui/bits.tsx";
import { useNow } from "../ui/clock.ts";
import { Item, Items } from "../ui/items.tsx";
import { Time } from "../ui/time.tsx";
import { Begin } from "./begin.tsx";
import { useGenerating } from "./generating.ts";
import { Offer } from "./offer.tsx";
import { type PairingState, stateOf } from "./state.ts";

const STATES: Record<PairingState, readonly [Tone, string]> = {
  waiting: ["accent", "Waiting"],
  paired: ["success", "Paired"],
  expired: ["neutral", "Expired"],
  superseded: ["neutral", "Superseded"],
  cancelled: ["neutral", "Cancelled"],
};

/** Another page may generate a code that takes this one's place, and no event says so. */
const LOOK_AGAIN = 5_000;

export default function PairingPage() {
  const { workspace } = useHere();
  const generating = useGenerating(workspace.id);
  const { offered } = generating;
  const read = useRead(
    PairingsDocument,
    { workspace: workspace.id },
    offered ? { every: LOOK_AGAIN } : {},
  );
  const edges = read.data?.workspace?.pairingCodes.edges;
  return (
    <Page
      title="Pairing"
      text="Give a desktop app a token without copying a secret: it gets one for a code of a few minutes."
    >
      <Card title="Pair an app">
        {offered ? (
          <Offer
            key={offered.pairing.id}
            of={offered}
            listed={edges?.find(({ node }) => node.id === offered.pairing.id)?.node}
            generating={generating}
            onEnded={read.again}
          />
        ) : (
          <Begin generating={generating} />
        )}
      </Card>
      {read.trouble && <TroubleNotice trouble={read.trouble} onRetry={read.again} />}
      <Card title="Recent pairings">
        {edges?.length === 0 ? (
          <Empty icon={<Smartphone size={20} />} title="No app was paired yet">
            Every code that is generated, and what became of it, is listed here.
          </Empty>
        ) : (
          <Items label="Pairings" busy={read.loading}>
            {edges?.map(({ node }) => <Past key={node.id} pairing={node} />) ?? (
              <Item icon={<Smartphone size={17} />} title={<Skeleton width={150} />}>
                <Skeleton width={210} />
              </Item>
            )}
          </Items>
        )}
      </Card>
    </Page>
  );
}

function Past({ pairing }: { readonly pairing: PairingFragment }) {
  const state = stateOf(pairing, useNow(5_000));
  const [tone, name] = STATES[state];
  const { agentToken, createdAt, createdBy } = pairing;
  return (
    <Item
      icon={<Smartphone size={17} />}
      title={<bdi>{agentToken?.name || (state === "waiting" ? "No app yet" : "No app")}</bdi>}
      actions={<Badge tone={tone}>{name}</Badge>}
    >
      Code generated <Time at={createdAt} as="moment" />
      {createdBy.label && (
        <>
          {" by "}
          <bdi>{createdBy.label}</bdi>
        </>
      )}
    </Item>
  );
}
