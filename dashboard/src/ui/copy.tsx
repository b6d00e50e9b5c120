import { Check, Copy } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Button } from "./button.tsx";
import styles from "./copy.module.css";

/** A text that is there to be taken elsewhere. */
export function CopyField({ text, label }: { readonly text: string; readonly label: string }) {
  const [copied, setCopied] = useState(false);
  const shown = useRef<HTMLElement>(null);
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
      // Without a secure origin there is no clipboard: select it, so that one key press copies.
      const selection = getSelection();
      if (shown.current && selection) selection.selectAllChildren(shown.current);
    }
  };

  return (
    <div className={styles.copy}>
      <span className="visually-hidden">{label}:</span>
      <code className={styles.text} ref={shown}>
        {text}
      </code>
      <Button className={styles.button} onClick={copy}>
        {copied ? <Check size={16} aria-hidden="true" /> : <Copy size={16} aria-hidden="true" />}
        <span aria-live="polite">{copied ? "Copied" : "Copy"}</span>
      </Button>
    </div>
  );
}
