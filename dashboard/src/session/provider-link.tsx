import { LogIn } from "lucide-react";
import { ButtonLink } from "../ui/button.tsx";
import { pageState, providersPage } from "./page-state.ts";
import styles from "./sign-in.module.css";

/** The way to sign in elsewhere, where the service believes somebody else. */
export function ProviderLink({ apart = false }: { readonly apart?: boolean }) {
  const { provider } = pageState;
  if (!provider) return null;
  return (
    <>
      <ButtonLink
        wide
        large
        href={providersPage(provider)}
        // What is typed in this page stays: whoever comes back to it is let in.
        {...(apart && { target: "_blank", rel: "noreferrer" })}
      >
        <LogIn size={16} aria-hidden="true" />
        Continue with {new URL(provider).hostname}
      </ButtonLink>
      <p className={styles.or}>or with an account of this service</p>
    </>
  );
}
