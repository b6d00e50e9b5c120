import { useRef, useState } from "react";
import { RotateTokenDocument, type TokenFragment } from "../graphql/generated.ts";
import { useWrite } from "../graphql/use-write.ts";
import { WriteDialog } from "../graphql/write-dialog.tsx";
import { SelectField } from "../ui/field.tsx";
import { type Issued, issuedOf } from "./issued.ts";
import { idempotencyKey } from "./key.ts";

const OVERLAPS = [
  [3600, "For an hour"],
  [86_400, "For a day"],
  [604_800, "For a week"],
  [0, "Not at all"],
] as const;

interface RotateDialogProps {
  readonly token: TokenFragment;
  readonly onClose: () => void;
  readonly onRotated: (issued: Issued) => void;
}

export function RotateDialog({ token, onClose, onRotated }: RotateDialogProps) {
  const [overlap, setOverlap] = useState<number>(OVERLAPS[0][0]);
  const key = useRef(idempotencyKey());
  const write = useWrite(RotateTokenDocument);
  const submit = async () => {
    const input = { id: token.id, overlapSeconds: overlap, idempotencyKey: key.current };
    const done = await write.send({ input });
    if (done?.agentToken) onRotated(issuedOf(done.agentToken, done.secret));
  };
  return (
    <WriteDialog
      title="Rotate token"
      description={
        <>
          <bdi>{token.name}</bdi> gets a successor with a secret of its own, and the same name,
          scopes and expiry.
        </>
      }
      onClose={onClose}
      onSubmit={submit}
      write={write}
      shown={["overlapSeconds"]}
      action="Rotate"
    >
      <SelectField
        label="The old secret works on"
        value={overlap}
        onChange={(event) => setOverlap(Number(event.target.value))}
        error={write.errorAt("overlapSeconds")}
        hint={
          overlap === 0
            ? "Whatever uses it now is cut off at once."
            : "Time to hand the new one to whatever uses it."
        }
      >
        {OVERLAPS.map(([seconds, label]) => (
          <option key={seconds} value={seconds}>
            {label}
          </option>
        ))}
      </SelectField>
    </WriteDialog>
  );
}
