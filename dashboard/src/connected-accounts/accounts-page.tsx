import { Link2, Plus, Unplug } from "lucide-react";
import { useEffect, useState } from "react";
import { useClient } from "urql";
import { Person } from "../agent-tokens/person.tsx";
import { useHere } from "../app/viewer.tsx";
import {
  AccountChangesDocument,
  type AccountFragment,
  AccountsDocument,
  DisconnectAccountDocument,
  StartAccountConnectionDocument,
} from "../graphql/generated.ts";
import { TroubleNotice } from "../graphql/trouble-notice.tsx";
import { useRead } from "../graphql/use-read.ts";
import { useWrite } from "../graphql/use-write.ts";
import { WriteDialog } from "../graphql/write-dialog.tsx";
import { WriteTrouble } from "../graphql/write-trouble.tsx";
import { Badge, Card, Empty, Notice, Page, Skeleton, type Tone } from "../ui/bits.tsx";
import { Button } from "../ui/button.tsx";
import { Check } from "../ui/field.tsx";
import { Item, Items } from "../ui/items.tsx";
import { Menu, MenuItem } from "../ui/menu.tsx";
import { Time } from "../ui/time.tsx";
import { useToast } from "../ui/toast.tsx";

const STATES: Record<AccountFragment["status"], readonly [Tone, string]> = {
  CONNECTED: ["success", "Connected"],
  NEEDS_RECONNECT: ["warning", "Needs reconnecting"],
  DISCONNECTED: ["neutral", "Disconnected"],
};

/** Why the platform's page led back without an account. */
const FAILURES: Record<string, string> = {
  access_denied: "You did not agree at the platform, so nothing was connected.",
  already_connected: "This account is connected to the workspace already.",
  provider_error: "The platform did not answer as it should. Try again in a moment.",
  state_mismatch: "The way back from the platform was not the one you left by. Try again.",
};

export default function AccountsPage() {
  const { workspace, unless } = useHere();
  const why = unless("accounts:manage");
  const client = useClient();
  const read = useRead(AccountsDocument, { workspace: workspace.id });
  const [ending, setEnding] = useState<AccountFragment | null>(null);
  const [failure] = useState(() => new URLSearchParams(location.search).get("connect_error"));
  const start = useWrite(StartAccountConnectionDocument);

  useEffect(() => {
    // What the address says of the way back is said once.
    if (location.search) history.replaceState(null, "", location.pathname);
    const changes = client.subscription(AccountChangesDocument, { workspace: workspace.id });
    // Whoever comes back from a platform may be here before the rows are. From the moment that the
    // feed is current nothing is missed, and nothing older than that is read.
    return changes.subscribe(() => {}).unsubscribe;
  }, [client, workspace.id]);

  const connect = async (platform: string) => {
    const input = { workspaceId: workspace.id, platform, returnTo: "/accounts" };
    const done = await start.send({ input });
    if (done?.authorizationUrl) location.assign(done.authorizationUrl);
  };
  const platforms = read.data?.platforms ?? [];
  const accounts = read.data?.workspace?.connectedAccounts.edges.map(({ node }) => node);

  const nameOf = (platform: string) =>
    platforms.find((it) => it.platform === platform)?.name ?? platform;
  const none = platforms.length === 0 ? "no platform is configured" : undefined;

  return (
    <Page
      title="Connected accounts"
      text="Accounts on other platforms that agents of this workspace may use. Their access is renewed by itself."
      actions={
        why || none ? (
          <Button look="primary" unavailable={why ?? none}>
            <Plus size={16} aria-hidden="true" />
            Connect account
          </Button>
        ) : (
          <Menu
            trigger={
              <Button look="primary" busy={start.busy}>
                <Plus size={16} aria-hidden="true" />
                Connect account
              </Button>
            }
          >
            {platforms.map(({ platform, name }) => (
              <MenuItem key={platform} onSelect={() => void connect(platform)}>
                {name}
              </MenuItem>
            ))}
          </Menu>
        )
      }
    >
      {failure && (
        <Notice tone="warning" title="No account was connected">
          {FAILURES[failure] ?? "Try again."}
        </Notice>
      )}
      <WriteTrouble write={start} />
      {read.trouble && <TroubleNotice trouble={read.trouble} onRetry={read.again} />}
      <Card>
        {accounts?.length === 0 ? (
          <Empty icon={<Link2 size={20} />} title="No account is connected">
            {none
              ? "Whoever runs the service configures the platforms that accounts can be connected to."
              : "Connect one, and agree at the platform to what it is used for."}
          </Empty>
        ) : (
          <Items label="Connected accounts" busy={read.loading}>
            {accounts?.map((account) => (
              <Item
                key={account.id}
                icon={<Link2 size={17} />}
                title={
                  <>
                    <span>{nameOf(account.platform)} ·</span>
                    <bdi>{account.platformUsername || account.platformUserId}</bdi>
                    <Badge tone={STATES[account.status][0]}>{STATES[account.status][1]}</Badge>
                  </>
                }
                actions={
                  <>
                    {account.status === "NEEDS_RECONNECT" && (
                      <Button unavailable={why} onClick={() => void connect(account.platform)}>
                        Reconnect
                      </Button>
                    )}
                    {account.status !== "DISCONNECTED" && (
                      <Button unavailable={why} onClick={() => setEnding(account)}>
                        <Unplug size={15} aria-hidden="true" />
                        Disconnect
                      </Button>
                    )}
                  </>
                }
              >
                Id <bdi>{account.platformUserId}</bdi> · connected <Time at={account.connectedAt} />{" "}
                by <Person of={account.connectedBy} />
                {account.scopes.length > 0 && ` · may ${account.scopes.join(", ")}`}
                {account.refreshFailureCode && ` · the platform said ${account.refreshFailureCode}`}
              </Item>
            )) ?? <Item icon={null} title={<Skeleton width={180} />} />}
          </Items>
        )}
      </Card>
      {ending && (
        <DisconnectDialog
          account={ending}
          name={nameOf(ending.platform)}
          onClose={() => setEnding(null)}
        />
      )}
    </Page>
  );
}

function DisconnectDialog({
  account,
  name,
  onClose,
}: {
  readonly account: AccountFragment;
  readonly name: string;
  readonly onClose: () => void;
}) {
  const [revoke, setRevoke] = useState(true);
  const write = useWrite(DisconnectAccountDocument);
  const say = useToast();
  const submit = async () => {
    if (!(await write.send({ input: { id: account.id, revokeAtProvider: revoke } }))) return;
    say(
      "success",
      <>
        <bdi>{account.platformUsername || account.platformUserId}</bdi> on {name} is disconnected.
      </>,
    );
    onClose();
  };
  return (
    <WriteDialog
      title="Disconnect account"
      description={
        <>
          <bdi>{account.platformUsername || account.platformUserId}</bdi> on {name}. What the
          platform gave us is destroyed.
        </>
      }
      onClose={onClose}
      onSubmit={submit}
      write={write}
      action="Disconnect"
      danger
    >
      <Check
        label={`Take the access back at ${name} as well`}
        checked={revoke}
        onChange={(event) => setRevoke(event.target.checked)}
      />
    </WriteDialog>
  );
}
