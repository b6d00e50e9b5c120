import { useEffect } from "react";
import { Dialog } from "../ui/dialog.tsx";
import { signIn } from "./accounts.ts";
import { CredentialsForm } from "./credentials-form.tsx";
import { pageState } from "./page-state.ts";
import { ProviderLink } from "./provider-link.tsx";
import { session } from "./session.ts";

/** Over the page that was being worked on, which stays as it is. */
export function SignInAgain({ name }: { readonly name: string | null }) {
  const submit = async (typed: string, secret: string) => {
    const refused = await signIn(typed, secret);
    if (!refused) session.signedIn();
    return refused;
  };
  useEffect(() => {
    if (!pageState.provider) return;
    // Who signed in there on another page comes back to this one.
    const looked = () => document.visibilityState === "visible" && session.signedIn();
    document.addEventListener("visibilitychange", looked);
    return () => document.removeEventListener("visibilitychange", looked);
  }, []);
  return (
    <Dialog
      title="Sign in again"
      description="Your session has ended. What you were working on is still here."
    >
      <ProviderLink apart />
      <CredentialsForm action="Sign in" name={name ?? ""} submit={submit} />
    </Dialog>
  );
}
