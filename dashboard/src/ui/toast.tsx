import { CircleAlert, CircleCheck, Info } from "lucide-react";
import { Toast as Radix } from "radix-ui";
import { createContext, type ReactNode, useCallback, useContext, useRef, useState } from "react";
import { classes } from "./classes.ts";
import styles from "./toast.module.css";

const ICONS = { success: CircleCheck, danger: CircleAlert, neutral: Info };
type ToastTone = keyof typeof ICONS;
type Say = (tone: ToastTone, text: ReactNode) => void;

interface Said {
  readonly id: number;
  readonly tone: ToastTone;
  readonly text: ReactNode;
}

const Saying = createContext<Say>(() => {});

/** Says something in passing; never the only place where it is said if it matters. */
export const useToast = (): Say => useContext(Saying);

export function Toasts({ children }: { readonly children: ReactNode }) {
  const [said, setSaid] = useState<readonly Said[]>([]);
  const last = useRef(0);
  const say = useCallback<Say>((tone, text) => {
    last.current += 1;
    const id = last.current;
    // More than three at once nobody reads.
    setSaid((before) => [...before.slice(-2), { id, tone, text }]);
  }, []);
  return (
    <Saying.Provider value={say}>
      <Radix.Provider duration={5000} swipeDirection="right">
        {children}
        {said.map(({ id, tone, text }) => {
          const Icon = ICONS[tone];
          const forget = () => setSaid((before) => before.filter((it) => it.id !== id));
          return (
            <Radix.Root
              key={id}
              className={classes(styles.toast, styles[tone])}
              onOpenChange={(open) => open || forget()}
            >
              <Icon size={18} aria-hidden="true" />
              <Radix.Description className={styles.text}>{text}</Radix.Description>
            </Radix.Root>
          );
        })}
        <Radix.Viewport className={styles.viewport} />
      </Radix.Provider>
    </Saying.Provider>
  );
}
