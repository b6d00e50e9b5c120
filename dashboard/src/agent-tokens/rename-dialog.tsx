import { useState } from "react";
import { RenameTokenDocument, type TokenFragment } from "../graphql/generated.ts";
import { useWrite } from "../graphql/use-write.ts";
import { WriteDialog } from "../graphql/write-dialog.tsx";
import { TextField } from "../ui/field.tsx";

interface RenameDialogProps {
  readonly token: TokenFragment;
  readonly onClose: () => void;
}

export function RenameDialog({ token, onClose }: RenameDialogProps) {
  const [name, setName] = useState(token.name);
  const write = useWrite(RenameTokenDocument);
  const submit = async () => {
    if (name.trim() === token.name) return onClose();
    // The revision that was looked at: somebody else's change is not overwritten unseen.
    const input = { id: token.id, name, expectedRevision: token.revision };
    if (await write.send({ input })) onClose();
  };
  return (
    <WriteDialog
      title="Rename token"
      guarded
      onClose={onClose}
      onSubmit={submit}
      write={write}
      shown={["name"]}
      action="Rename"
    >
      <TextField
        label="Name"
        maxLength={100}
        autoFocus
        value={name}
        onChange={(event) => setName(event.target.value)}
        error={write.errorAt("name")}
      />
    </WriteDialog>
  );
}
