import { useState } from "react";
import { useHere } from "../app/viewer.tsx";
import { EraseSubjectDocument } from "../graphql/generated.ts";
import { useWrite } from "../graphql/use-write.ts";
import { WriteDialog } from "../graphql/write-dialog.tsx";
import { session } from "../session/session.ts";
import { Card } from "../ui/bits.tsx";
import { Button } from "../ui/button.tsx";
import { TextField } from "../ui/field.tsx";

/** The end of an account. */
export function EraseCard() {
  const { unless } = useHere();
  const [erasing, setErasing] = useState(false);
  return (
    <Card
      title="Delete your account"
      actions={
        <Button unavailable={unless("subject:erase")} onClick={() => setErasing(true)}>
          Delete account
        </Button>
      }
      padded
    >
      <p>
        You are signed out everywhere, your tokens are revoked, your accounts disconnected, and what
        is known of you becomes unreadable, in the history too. This cannot be undone.
      </p>
      {erasing && <EraseDialog onClose={() => setErasing(false)} />}
    </Card>
  );
}

function EraseDialog({ onClose }: { readonly onClose: () => void }) {
  const { user } = useHere();
  // Who signs in elsewhere may have no name here.
  const name = user.username ?? user.id;
  const [typed, setTyped] = useState("");
  const [differs, setDiffers] = useState(false);
  const write = useWrite(EraseSubjectDocument);
  const submit = async () => {
    setDiffers(typed.trim() !== name);
    if (typed.trim() !== name) return;
    const input = { userId: user.id, confirm: `erase ${user.id}` };
    if (await write.send({ input })) await session.signOut();
  };
  return (
    <WriteDialog
      title="Delete your account"
      description="Workspaces that you share go on without you: make somebody else an owner first, where you are the only one."
      guarded
      onClose={onClose}
      onSubmit={submit}
      write={write}
      action="Delete for good"
      danger
    >
      <TextField
        label="Your name"
        autoFocus
        autoCapitalize="none"
        autoComplete="off"
        spellCheck={false}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        hint={
          <>
            To be sure, write <bdi>{name}</bdi>.
          </>
        }
        error={differs ? `Write ${name}, exactly so.` : undefined}
      />
    </WriteDialog>
  );
}
