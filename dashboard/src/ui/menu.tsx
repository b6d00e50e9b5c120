import { Check } from "lucide-react";
import { DropdownMenu as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { classes } from "./classes.ts";
import styles from "./menu.module.css";

/** A button that opens a list of things to do. */
export function Menu({
  trigger,
  align = "end",
  children,
}: {
  readonly trigger: ReactNode;
  readonly align?: "start" | "end";
  readonly children: ReactNode;
}) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content className={styles.menu} align={align} sideOffset={4} collisionPadding={8}>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

interface ItemProps {
  readonly icon?: ReactNode;
  readonly danger?: boolean;
  readonly checked?: boolean;
  /** Why it cannot be chosen now. */
  readonly unavailable?: string | undefined;
  readonly onSelect: () => void;
  readonly children: ReactNode;
}

export function MenuItem({ icon, danger, checked, unavailable, onSelect, children }: ItemProps) {
  return (
    <Radix.Item
      className={classes(styles.item, danger && styles.danger)}
      disabled={unavailable !== undefined}
      onSelect={onSelect}
    >
      {icon}
      <span className={styles.grow}>
        {children}
        {unavailable && <span className={styles.why}> · {unavailable}</span>}
      </span>
      {checked && <Check size={16} aria-label="selected" />}
    </Radix.Item>
  );
}

export function MenuRule() {
  return <Radix.Separator className={styles.rule} />;
}

export function MenuLabel({ children }: { readonly children: ReactNode }) {
  return <Radix.Label className={styles.label}>{children}</Radix.Label>;
}
