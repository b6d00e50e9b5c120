import { Check, Copy } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Button } from "./button.tsx";
import styles from "./copy.module.css";

interface CopyButtonProps {
  readonly text: string;
  readonly className?: string | undefined;
  /** Where there is no clipboard, which needs a secure origin. */
  readonly onFailed?: () => void;
}

/** Takes a text elsewhere, and says that it did. */
export function CopyButton({ text, className, onFailed }: CopyButtonProps) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2500);
    return () => clearTimeout(timer);
  }, [copied]);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      onFailed?.();
    }
  };

  return (
    <Button className={className} onClick={copy}>
      {copied ? <Check size={16} aria-hidden="true" /> : <Copy size={16} aria-hidden="true" />}
      <span className={styles.word} aria-live="polite">
        {copied ? "Copied" : "Copy"}
      </span>
    </Button>
  );
}

/** A text that is there to be taken elsewhere. */
export function CopyField({ text, label }: { readonly text: string; readonly label: string }) {
  const shown = useRef<HTMLElement>(null);
  // Selected, so that one key press copies it.
  const select = () => shown.current && getSelection()?.selectAllChildren(shown.current);
  return (
    <div className={styles.copy}>
      <span className="visually-hidden">{label}:</span>
      <code className={styles.text} ref={shown}>
        {text}
      </code>
      <CopyButton className={styles.button} text={text} onFailed={select} />
    </div>
  );
}
