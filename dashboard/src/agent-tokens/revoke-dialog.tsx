import { useState } from "react";
import { RevokeTokenDocument, type TokenFragment } from "../graphql/generated.ts";
import { useWrite } from "../graphql/use-write.ts";
import { WriteDialog } from "../graphql/write-dialog.tsx";
import { TextArea } from "../ui/field.tsx";
import { useToast } from "../ui/toast.tsx";

interface RevokeDialogProps {
  readonly token: TokenFragment;
  readonly onClose: () => void;
}

export function RevokeDialog({ token, onClose }: RevokeDialogProps) {
  const [reason, setReason] = useState("");
  const write = useWrite(RevokeTokenDocument);
  const say = useToast();
  const open = token.activeConnections;
  const submit = async () => {
    const done = await write.send({ input: { id: token.id, reason: reason.trim() || null } });
    if (!done) return;
    say(
      "success",
      <>
        <bdi>{token.name}</bdi> is revoked.
      </>,
    );
    onClose();
  };
  return (
    <WriteDialog
      title="Revoke token"
      description={
        <>
          <bdi>{token.name}</bdi> stops working at once and for good
          {open > 0 &&
            `; its ${open === 1 ? "open connection is" : `${open} open connections are`} closed`}
          . This cannot be undone.
        </>
      }
      guarded
      onClose={onClose}
      onSubmit={submit}
      write={write}
      shown={["reason"]}
      action="Revoke token"
      danger
    >
      <TextArea
        label="Reason"
        optional
        maxLength={500}
        rows={3}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
        error={write.errorAt("reason")}
        hint="Stands in the history, for members of this workspace."
      />
    </WriteDialog>
  );
}
