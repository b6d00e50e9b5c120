import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { type FormEvent, type ReactNode, useState } from "react";
import { IconButton } from "./button.tsx";
import { classes } from "./classes.ts";
import styles from "./dialog.module.css";

interface DialogProps {
  readonly title: string;
  readonly description?: ReactNode;
  readonly children?: ReactNode;
  /** Its buttons. */
  readonly foot?: ReactNode;
  readonly wide?: boolean;
  /** Without it the dialog cannot be left by Escape, by the cross or by clicking beside it. */
  readonly onClose?: (() => void) | undefined;
  /** Makes the dialog a form. */
  readonly onSubmit?: (() => void) | undefined;
  /** What was typed here would be missed: a click beside the dialog does not close it. */
  readonly guarded?: boolean;
}

/** What had the focus, or the button of the menu that had it and is gone by now. */
function openedBy(): HTMLElement | null {
  const active = document.activeElement as HTMLElement | null;
  const menu = active?.closest("[role=menu]");
  const button = menu?.getAttribute("aria-labelledby");
  return button ? document.getElementById(button) : active;
}

/** An open dialog; whoever does not show it closes it. */
export function Dialog(props: DialogProps) {
  const { title, description, children, foot, wide, onClose, onSubmit, guarded } = props;
  // Asked before anything in the dialog takes the focus.
  const [opener] = useState(openedBy);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // React hands events on to the parents in its own tree, which may be forms as well.
    event.stopPropagation();
    onSubmit?.();
  };
  const inner = (
    <>
      <div className={styles.body}>{children}</div>
      {foot && <div className={styles.foot}>{foot}</div>}
    </>
  );
  return (
    <Radix.Root open onOpenChange={(open) => open || onClose?.()}>
      <Radix.Portal>
        <Radix.Overlay className={styles.overlay} />
        <Radix.Content
          className={classes(styles.dialog, wide && styles.wide)}
          {...(description ? {} : { "aria-describedby": undefined })}
          onPointerDownOutside={(event) => (guarded || !onClose) && event.preventDefault()}
          onInteractOutside={(event) => (guarded || !onClose) && event.preventDefault()}
          // Where no field asks for it, the focus is on what is to be read, not on the way out.
          onOpenAutoFocus={(event) => {
            event.preventDefault();
            (event.currentTarget as HTMLElement).focus();
          }}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            opener?.focus();
          }}
          onEscapeKeyDown={(event) => onClose || event.preventDefault()}
        >
          <div className={styles.head}>
            <div>
              <Radix.Title className={styles.title}>{title}</Radix.Title>
              {description && (
                <Radix.Description className={styles.description}>{description}</Radix.Description>
              )}
            </div>
            {onClose && (
              <IconButton label="Close" className={styles.close} onClick={onClose}>
                <X size={18} />
              </IconButton>
            )}
          </div>
          {onSubmit ? (
            <form className={styles.form} onSubmit={submit} noValidate>
              {inner}
            </form>
          ) : (
            inner
          )}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
