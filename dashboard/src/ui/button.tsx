import type { AnchorHTMLAttributes, ButtonHTMLAttributes, ReactNode, Ref } from "react";
import styles from "./button.module.css";
import { classes } from "./classes.ts";

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: "primary" | "secondary" | "ghost" | "danger";
  /** Shows that it is at work; it does nothing meanwhile. Its size stays. */
  readonly busy?: boolean;
  readonly wide?: boolean;
  readonly large?: boolean;
  /** Why it cannot be used now; it stays reachable, so that the reason can be read. */
  readonly unavailable?: string | undefined;
  readonly ref?: Ref<HTMLButtonElement>;
}

export function Button(props: ButtonProps) {
  const {
    look = "secondary",
    busy,
    wide,
    large,
    unavailable,
    children,
    className,
    ...rest
  } = props;
  const off = busy || unavailable !== undefined;
  return (
    <button
      type="button"
      {...rest}
      {...(off && { "aria-disabled": true, onClick: (event) => event.preventDefault() })}
      {...(unavailable !== undefined && { title: unavailable })}
      aria-busy={busy || undefined}
      className={classes(
        styles.button,
        styles[look],
        busy && styles.busy,
        wide && styles.wide,
        large && styles.large,
        className,
      )}
    >
      <span className={styles.label}>{children}</span>
      {unavailable !== undefined && <span className="visually-hidden">({unavailable})</span>}
      {busy && <span className={styles.spinner} aria-hidden="true" />}
    </button>
  );
}

interface ButtonLinkProps extends AnchorHTMLAttributes<HTMLAnchorElement> {
  readonly look?: "primary" | "secondary";
  readonly wide?: boolean;
  readonly large?: boolean;
}

/** A way elsewhere that looks like something to do. */
export function ButtonLink({ look = "secondary", wide, large, ...rest }: ButtonLinkProps) {
  const looks = [styles.button, styles[look], wide && styles.wide, large && styles.large];
  return <a {...rest} className={classes(...looks)} />;
}

interface IconButtonProps extends Omit<ButtonProps, "wide" | "large"> {
  /** What it does, for who cannot see the icon. */
  readonly label: string;
  readonly children: ReactNode;
}

export function IconButton({ label, className, ...rest }: IconButtonProps) {
  return (
    <Button
      look="ghost"
      title={label}
      {...rest}
      aria-label={label}
      className={classes(styles.icon, className)}
    />
  );
}
