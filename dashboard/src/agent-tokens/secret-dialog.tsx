import { useCallback, useEffect } from "react";
import { flushSync } from "react-dom";
import { Notice } from "../ui/bits.tsx";
import { Button } from "../ui/button.tsx";
import { CopyField } from "../ui/copy.tsx";
import { Dialog } from "../ui/dialog.tsx";
import type { Issued } from "./issued.ts";

interface SecretDialogProps {
  readonly issued: Issued;
  readonly onClose: () => void;
}

export function SecretDialog({ issued, onClose }: SecretDialogProps) {
  const { token, secret } = issued;
  const close = useCallback(() => {
    secret?.forget();
    onClose();
  }, [secret, onClose]);
  useEffect(() => {
    // A browser may keep a page that was left as it stood, and show it again on the way back.
    const forget = () => flushSync(close);
    window.addEventListener("pagehide", forget);
    return () => window.removeEventListener("pagehide", forget);
  }, [close]);

  return (
    <Dialog
      wide
      guarded
      title="Copy the secret now"
      description={
        <>
          Of <bdi>{token.name}</bdi>
        </>
      }
      onClose={close}
      foot={
        <Button look="primary" onClick={close}>
          {secret ? "I have stored it" : "Close"}
        </Button>
      }
    >
      {secret ? (
        <>
          <CopyField text={secret.text} label="The token's secret" />
          <Notice tone="warning" title="It is shown this once">
            We keep only a fingerprint of it. If it gets lost, rotate the token to get another; if
            somebody else may have seen it, revoke the token.
          </Notice>
        </>
      ) : (
        <Notice tone="warning" title="The token exists, but its secret got lost on the way">
          The answer that held it never arrived here, and it is kept nowhere. Rotate the token to
          get a new secret.
        </Notice>
      )}
    </Dialog>
  );
}
