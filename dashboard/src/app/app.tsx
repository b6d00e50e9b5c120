import { Route, Switch } from "wouter";
import { pageState } from "../session/page-state.ts";
import { useSession } from "../session/session.ts";
import { SignIn } from "../session/sign-in.tsx";
import { SignUp } from "../session/sign-up.tsx";
import { Toasts } from "../ui/toast.tsx";
import { SignedIn } from "./signed-in.tsx";

export function App() {
  const phase = useSession();
  return <Toasts>{phase === "out" ? <SignedOut /> : <SignedIn />}</Toasts>;
}

/** At whatever address: who signs in is then where they wanted to be. */
function SignedOut() {
  return (
    <Switch>
      <Route path="/sign-up" component={SignUp} />
      <Route path="/sign-in" component={SignIn} />
      <Route component={pageState.empty ? SignUp : SignIn} />
    </Switch>
  );
}
