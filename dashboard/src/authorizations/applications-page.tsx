import { AppWindow } from "lucide-react";
import { useState } from "react";
import {
  AuthorizationsDocument,
  type AuthorizationsQuery,
  RevokeAuthorizationDocument,
} from "../graphql/generated.ts";
import { TroubleNotice } from "../graphql/trouble-notice.tsx";
import { useRead } from "../graphql/use-read.ts";
import { useWrite } from "../graphql/use-write.ts";
import { WriteDialog } from "../graphql/write-dialog.tsx";
import { Card, Empty, Page, Skeleton } from "../ui/bits.tsx";
import { Button } from "../ui/button.tsx";
import { Item, Items } from "../ui/items.tsx";
import { Time } from "../ui/time.tsx";
import { useToast } from "../ui/toast.tsx";

type Authorization = AuthorizationsQuery["authorizations"]["edges"][number]["node"];

/** Consents given elsewhere are told by no event. */
const LOOK_AGAIN = 30_000;

export default function ApplicationsPage() {
  const read = useRead(AuthorizationsDocument, {}, { every: LOOK_AGAIN });
  const [ending, setEnding] = useState<Authorization | null>(null);
  const edges = read.data?.authorizations.edges;
  return (
    <Page
      title="Authorised applications"
      text="Applications that may act for you. Take it back from those you no longer use."
    >
      {read.trouble && <TroubleNotice trouble={read.trouble} onRetry={read.again} />}
      <Card>
        {edges?.length === 0 ? (
          <Empty icon={<AppWindow size={20} />} title="No application may act for you">
            When you sign in to another application with this account, it is listed here.
          </Empty>
        ) : (
          <Items label="Applications" busy={read.loading}>
            {edges?.map(({ node }) => (
              <Item
                key={node.id}
                icon={<AppWindow size={17} />}
                title={<bdi>{node.client.name}</bdi>}
                actions={<Button onClick={() => setEnding(node)}>Take back</Button>}
              >
                {node.scopes.length > 0 ? `May: ${node.scopes.join(", ")}` : "Knows who you are"}
                {" · since "}
                <Time at={node.grantedAt} as="day" />
                {node.lastUsedAt && (
                  <>
                    {" · last used "}
                    <Time at={node.lastUsedAt} as="day" />
                  </>
                )}
              </Item>
            )) ?? <Item icon={null} title={<Skeleton width={140} />} />}
          </Items>
        )}
      </Card>
      {ending && <TakeBackDialog of={ending} onClose={() => setEnding(null)} onDone={read.again} />}
    </Page>
  );
}

function TakeBackDialog({
  of,
  onClose,
  onDone,
}: {
  readonly of: Authorization;
  readonly onClose: () => void;
  readonly onDone: () => void;
}) {
  const write = useWrite(RevokeAuthorizationDocument);
  const say = useToast();
  const submit = async () => {
    if (!(await write.send({ input: { id: of.id } }))) return;
    say("success", "The application may no longer act for you.");
    onDone();
    onClose();
  };
  return (
    <WriteDialog
      title="Take back access"
      description={
        <>
          <bdi>{of.client.name}</bdi> is signed out at once. It can ask you again.
        </>
      }
      onClose={onClose}
      onSubmit={submit}
      write={write}
      action="Take back"
      danger
    />
  );
}
