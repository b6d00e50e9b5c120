import { ChevronDown, CircleAlert, Eye, EyeOff } from "lucide-react";
import {
  type InputHTMLAttributes,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useId,
  useState,
} from "react";
import { IconButton } from "./button.tsx";
import { classes } from "./classes.ts";
import styles from "./field.module.css";

interface Described {
  readonly label: string;
  readonly hint?: ReactNode;
  /** What is wrong with what was entered, and what to do about it. */
  readonly error?: string | undefined;
  readonly optional?: boolean;
}

interface Wired {
  readonly id: string;
  readonly "aria-describedby"?: string | undefined;
  readonly "aria-invalid"?: true | undefined;
}

/** A label, a control, a hint and an error, tied together for who cannot see them. */
function Field({
  label,
  hint,
  error,
  optional,
  children,
}: Described & { children: (wired: Wired) => ReactNode }) {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div className={styles.field}>
      <label className={styles.label} htmlFor={id}>
        {label}
        {optional && <span className={styles.optional}> (optional)</span>}
      </label>
      {children({
        id,
        "aria-describedby": described || undefined,
        "aria-invalid": error ? true : undefined,
      })}
      {hint && (
        <p className={styles.hint} id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error && (
        <p className={styles.error} id={`${id}-error`} role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

export type TextFieldProps = Described & InputHTMLAttributes<HTMLInputElement>;

export function TextField({ label, hint, error, optional = false, ...rest }: TextFieldProps) {
  return (
    <Field label={label} hint={hint} error={error} optional={optional}>
      {(wired) => <input className={styles.control} autoComplete="off" {...rest} {...wired} />}
    </Field>
  );
}

/** A text that is hidden until its owner wants to read it. */
export function PasswordField({ label, hint, error, optional = false, ...rest }: TextFieldProps) {
  const [shown, show] = useState(false);
  return (
    <Field label={label} hint={hint} error={error} optional={optional}>
      {(wired) => (
        <div className={styles.reveal}>
          <input
            className={styles.control}
            {...rest}
            {...wired}
            type={shown ? "text" : "password"}
            spellCheck={false}
            autoCapitalize="none"
          />
          <IconButton
            label={shown ? "Hide what is typed" : "Show what is typed"}
            onClick={() => show(!shown)}
          >
            {shown ? <EyeOff size={16} /> : <Eye size={16} />}
          </IconButton>
        </div>
      )}
    </Field>
  );
}

export function TextArea({
  label,
  hint,
  error,
  optional = false,
  ...rest
}: Described & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  return (
    <Field label={label} hint={hint} error={error} optional={optional}>
      {(wired) => <textarea className={styles.control} {...rest} {...wired} />}
    </Field>
  );
}

export function SelectField({
  label,
  hint,
  error,
  optional = false,
  children,
  ...rest
}: Described & SelectHTMLAttributes<HTMLSelectElement>) {
  return (
    <Field label={label} hint={hint} error={error} optional={optional}>
      {(wired) => (
        <div className={styles.select}>
          <select className={styles.control} {...rest} {...wired}>
            {children}
          </select>
          <ChevronDown size={16} aria-hidden="true" />
        </div>
      )}
    </Field>
  );
}

/** A select whose label is only heard: for rows of filters. */
export function InlineSelect({
  label,
  className,
  children,
  ...rest
}: { readonly label: string } & SelectHTMLAttributes<HTMLSelectElement>) {
  return (
    <div className={classes(styles.select, className)}>
      <select className={styles.control} aria-label={label} {...rest}>
        {children}
      </select>
      <ChevronDown size={16} aria-hidden="true" />
    </div>
  );
}

/** A text input whose label is only heard. */
export function InlineInput({
  label,
  className,
  ...rest
}: { readonly label: string } & InputHTMLAttributes<HTMLInputElement>) {
  return (
    <input
      className={classes(styles.control, className)}
      aria-label={label}
      autoComplete="off"
      {...rest}
    />
  );
}

interface CheckProps extends InputHTMLAttributes<HTMLInputElement> {
  readonly label: ReactNode;
  readonly hint?: string;
}

export function Check({ label, hint, ...rest }: CheckProps) {
  return (
    <label className={styles.check}>
      <input type="checkbox" {...rest} />
      <span>{label}</span>
      {hint && <span className={styles.hint}>{hint}</span>}
    </label>
  );
}

/** Checks that belong together. */
export function Checks({
  label,
  error,
  children,
}: {
  readonly label: string;
  readonly error?: string | undefined;
  readonly children: ReactNode;
}) {
  return (
    <fieldset className={styles.field}>
      <legend className={styles.legend}>{label}</legend>
      <div className={styles.checks}>{children}</div>
      {error && (
        <p className={styles.error} role="alert">
          <CircleAlert size={14} aria-hidden="true" />
          {error}
        </p>
      )}
    </fieldset>
  );
}
