import type { ReactNode } from "react";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import type { Write } from "./use-write.ts";
import { WriteTrouble } from "./write-trouble.tsx";

interface WriteDialogProps {
  readonly title: string;
  readonly description?: ReactNode;
  readonly write: Write<unknown, never>;
  /** The fields that show their own errors. */
  readonly shown?: readonly string[];
  /** What the button says that carries it out. */
  readonly action: string;
  /** It takes something away. */
  readonly danger?: boolean;
  /** Why it cannot be carried out now. */
  readonly unavailable?: string | undefined;
  /** What was typed here would be missed. */
  readonly guarded?: boolean;
  readonly onClose: () => void;
  readonly onSubmit: () => void;
  readonly children?: ReactNode;
}

/** Something to be changed: what it takes, why it was not carried out, and the way out. */
export function WriteDialog(props: WriteDialogProps) {
  const { write, shown = [], action, danger, unavailable, children, ...frame } = props;
  return (
    <Dialog
      {...frame}
      foot={
        <>
          <Button onClick={frame.onClose}>Cancel</Button>
          <Button
            type="submit"
            look={danger ? "danger" : "primary"}
            busy={write.busy}
            unavailable={unavailable}
          >
            {action}
          </Button>
        </>
      }
    >
      <WriteTrouble write={write} shown={shown} />
      {children}
    </Dialog>
  );
}
