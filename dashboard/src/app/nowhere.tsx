import { DoorOpen } from "lucide-react";
import { session } from "../session/session.ts";
import { Card, Empty, Page } from "../ui/bits.tsx";
import { Button } from "../ui/button.tsx";

/** In place of every page, for somebody who was removed from the last of their workspaces. */
export function Nowhere({ onRetry }: { readonly onRetry: () => void }) {
  return (
    <Page title="No workspace">
      <Card>
        <Empty
          icon={<DoorOpen size={20} />}
          title="You belong to no workspace"
          actions={
            <>
              <Button onClick={onRetry}>Look again</Button>
              <Button onClick={() => void session.signOut()}>Sign out</Button>
            </>
          }
        >
          Ask an owner or admin of a workspace to add you as a member.
        </Empty>
      </Card>
    </Page>
  );
}
