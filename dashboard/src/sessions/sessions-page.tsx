import { AppWindow, MonitorSmartphone, Terminal } from "lucide-react";
import { useState } from "react";
import {
  RevokeSessionDocument,
  SessionsDocument,
  type SessionsQuery,
} from "../graphql/generated.ts";
import { TroubleNotice } from "../graphql/trouble-notice.tsx";
import { useRead } from "../graphql/use-read.ts";
import { useWrite } from "../graphql/use-write.ts";
import { WriteDialog } from "../graphql/write-dialog.tsx";
import { Badge, Card, Page, Skeleton } from "../ui/bits.tsx";
import { Button } from "../ui/button.tsx";
import { Item, Items } from "../ui/items.tsx";
import { Time } from "../ui/time.tsx";
import { useToast } from "../ui/toast.tsx";
import { EraseCard } from "./erase-card.tsx";

type Session = SessionsQuery["sessions"][number];

/** Where else somebody signed in is told by no event. */
const LOOK_AGAIN = 30_000;

export default function SessionsPage() {
  const read = useRead(SessionsDocument, {}, { every: LOOK_AGAIN });
  const [ending, setEnding] = useState<Session | null>(null);
  const sessions = read.data?.sessions;
  return (
    <Page
      title="Your sessions"
      text="Where you are signed in. End what you do not recognise: it stops working at once."
    >
      {read.trouble && <TroubleNotice trouble={read.trouble} onRetry={read.again} />}
      <Card>
        <Items label="Sessions" busy={read.loading}>
          {sessions?.map((session) => (
            <Item
              key={session.id}
              icon={<Icon session={session} />}
              title={
                <>
                  <Where session={session} />
                  {session.current && <Badge tone="success">This one</Badge>}
                </>
              }
              actions={
                <Button
                  unavailable={session.current ? "sign out to end this one" : undefined}
                  onClick={() => setEnding(session)}
                >
                  End
                </Button>
              }
            >
              Since <Time at={session.startedAt} as="moment" />
              {session.network && (
                <>
                  {" from "}
                  <bdi>{session.network}</bdi>
                </>
              )}
              {session.lastUsedAt && (
                <>
                  {" · last used "}
                  <Time at={session.lastUsedAt} as="day" />
                </>
              )}
              {session.expiresAt && (
                <>
                  {" · ends "}
                  <Time at={session.expiresAt} as="day" />
                </>
              )}
            </Item>
          )) ?? <Item icon={null} title={<Skeleton width={140} />} />}
        </Items>
      </Card>
      {sessions && <EraseCard />}
      {ending && (
        <EndDialog session={ending} onClose={() => setEnding(null)} onEnded={read.again} />
      )}
    </Page>
  );
}

function Icon({ session }: { readonly session: Session }) {
  if (session.client) return <AppWindow size={17} />;
  return session.kind === "SESSION" ? <MonitorSmartphone size={17} /> : <Terminal size={17} />;
}

function Where({ session }: { readonly session: Session }) {
  if (session.client) return <bdi>{session.client.name}</bdi>;
  return session.kind === "SESSION" ? "Browser" : "Command line or program";
}

function EndDialog({
  session,
  onClose,
  onEnded,
}: {
  readonly session: Session;
  readonly onClose: () => void;
  readonly onEnded: () => void;
}) {
  const write = useWrite(RevokeSessionDocument);
  const say = useToast();
  const submit = async () => {
    if (!(await write.send({ input: { id: session.id } }))) return;
    say("success", "The session has ended.");
    onEnded();
    onClose();
  };
  return (
    <WriteDialog
      title="End this session"
      description={
        session.client
          ? "The application has to ask you to sign in again. What you allowed it stays allowed."
          : "Whoever uses it has to sign in again."
      }
      onClose={onClose}
      onSubmit={submit}
      write={write}
      action="End session"
      danger
    >
      <p>
        Signed in <Time at={session.startedAt} as="moment" />
        {session.network && (
          <>
            {" from "}
            <bdi>{session.network}</bdi>
          </>
        )}
        .
      </p>
    </WriteDialog>
  );
}
