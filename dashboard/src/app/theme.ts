import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";

const KEY = "keyledger-theme";
const dark = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();
let chosen = read();

function read(): Theme {
  const kept = localStorage.getItem(KEY);
  return kept === "light" || kept === "dark" ? kept : "system";
}

function apply(): void {
  const shown = chosen === "system" ? (dark.matches ? "dark" : "light") : chosen;
  document.documentElement.dataset.theme = shown;
  for (const listener of listeners) listener();
}

dark.addEventListener("change", apply);
window.addEventListener("storage", ({ key }) => {
  if (key !== KEY) return;
  chosen = read();
  apply();
});
apply();

export function choose(theme: Theme): void {
  chosen = theme;
  if (theme === "system") localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, theme);
  apply();
}

export const useTheme = (): Theme =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => chosen,
  );
