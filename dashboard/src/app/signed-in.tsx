import { Compass } from "lucide-react";
import { Suspense, useCallback, useEffect, useMemo, useState } from "react";
import { Provider } from "urql";
import { Link, Redirect, Route, Switch } from "wouter";
import { createClient } from "../graphql/client.ts";
import { ViewerDocument } from "../graphql/generated.ts";
import { TroubleNotice } from "../graphql/trouble-notice.tsx";
import { useRead } from "../graphql/use-read.ts";
import { LostBanner } from "../live/live-mark.tsx";
import { LiveFeeds } from "../revocations/feed.tsx";
import { useSession } from "../session/session.ts";
import { SignInAgain } from "../session/sign-in-again.tsx";
import { Card, Empty, Page } from "../ui/bits.tsx";
import { NotAllowed } from "./not-allowed.tsx";
import { Nowhere } from "./nowhere.tsx";
import { PAGES, type PageEntry } from "./pages.tsx";
import { Shell } from "./shell.tsx";
import { HereContext, hereOf, useHere } from "./viewer.tsx";
import { Waiting } from "./waiting.tsx";

const KEY = "keyledger-workspace";

/** The part of the page that somebody is signed in to. */
export function SignedIn() {
  const [chosen, setChosen] = useState(() => localStorage.getItem(KEY));
  const client = useMemo(() => createClient(chosen), [chosen]);
  const switchTo = useCallback((workspace: string) => {
    localStorage.setItem(KEY, workspace);
    setChosen(workspace);
  }, []);
  return (
    <Provider value={client} key={chosen}>
      <Inside chosen={chosen} switchTo={switchTo} />
    </Provider>
  );
}

function Inside({
  chosen,
  switchTo,
}: {
  readonly chosen: string | null;
  readonly switchTo: (workspace: string) => void;
}) {
  const phase = useSession();
  const { data, trouble, again } = useRead(ViewerDocument, {});
  const here = data ? hereOf(data.viewer, chosen, switchTo) : null;
  // Who does not belong to it any more asks nothing else in its name.
  const lost = here !== null && chosen !== null && here.workspace.id !== chosen;
  const home = here?.workspace.id;
  useEffect(() => {
    if (lost && home) switchTo(home);
  }, [lost, home, switchTo]);
  const expired = phase === "expired" && <SignInAgain name={data?.viewer.user.username ?? null} />;
  if (!here || lost) {
    const told = trouble && trouble.kind !== "signed-out";
    const instead = told ? (
      <TroubleNotice trouble={trouble} onRetry={again} />
    ) : (
      data && !here && <Nowhere onRetry={again} />
    );
    return (
      <>
        <Waiting>{instead}</Waiting>
        {expired}
      </>
    );
  }
  return (
    <HereContext.Provider value={here}>
      <LiveFeeds>
        <Shell>
          <Pages />
        </Shell>
        <LostBanner />
      </LiveFeeds>
      {expired}
    </HereContext.Provider>
  );
}

function Pages() {
  return (
    <Switch>
      {PAGES.map((page) => (
        <Route key={page.path} path={page.path}>
          <One page={page} />
        </Route>
      ))}
      <Route path="/sign-in">
        <Redirect to="/tokens" replace />
      </Route>
      <Route path="/sign-up">
        <Redirect to="/tokens" replace />
      </Route>
      <Route path="/">
        <Redirect to="/tokens" replace />
      </Route>
      <Route>
        <Page title="Not found">
          <Card>
            <Empty icon={<Compass size={20} />} title="There is no such page">
              The address may be misspelt. <Link href="/tokens">Go to the tokens</Link>
            </Empty>
          </Card>
        </Page>
      </Route>
    </Switch>
  );
}

function One({ page }: { readonly page: PageEntry }) {
  const { may } = useHere();
  if (page.needs && !may(page.needs)) return <NotAllowed page={page} />;
  return (
    <Suspense fallback={<div aria-busy="true" />}>
      <page.component />
    </Suspense>
  );
}
