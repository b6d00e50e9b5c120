import { useEffect, useRef, useState } from "react";
import { type AnyVariables, type TypedDocumentNode, useQuery } from "urql";
import { onHope } from "../live/pause.ts";
import { live } from "../live/status.ts";
import { useSession } from "../session/session.ts";
import { retryIn, type Trouble, troubleOf } from "./trouble.ts";

export interface Read<T> {
  readonly data: T | undefined;
  readonly trouble: Trouble | null;
  /** Nothing to show yet. */
  readonly loading: boolean;
  /** What is shown is being asked for again. */
  readonly refreshing: boolean;
  readonly again: () => void;
}

interface ReadOptions {
  readonly pause?: boolean;
  /** Asks again that often while the page is looked at, and when somebody looks again, for what no
   * event tells. */
  readonly every?: number;
}

/** A query that asks again by itself where that helps: after a passing trouble, after signing in
 * again, and when the page is looked at after a while. */
export function useRead<T, V extends AnyVariables>(
  query: TypedDocumentNode<T, V>,
  variables: V,
  { pause = false, every }: ReadOptions = {},
): Read<T> {
  const [{ data: answered, error, fetching, stale }, ask] = useQuery<T, AnyVariables>({
    query: query as TypedDocumentNode<T, AnyVariables>,
    variables,
    pause,
  });
  // An answer with an error has holes where something should be: the last whole one stays.
  const key = JSON.stringify(variables);
  const whole = useRef<{ readonly key: string; readonly data: T } | null>(null);
  if (answered !== undefined && !error) whole.current = { key, data: answered };
  const kept = whole.current?.key === key ? whole.current.data : undefined;
  const data = error ? kept : answered;
  const [attempt, setAttempt] = useState(0);
  const phase = useSession();
  const again = useRef(() => {});
  again.current = () => ask({ requestPolicy: "network-only" });

  const settled = !fetching && !stale;
  // While it is asked again, why it was not answered stays where it is read.
  const last = useRef<Trouble | null>(null);
  if (settled) last.current = error ? troubleOf(error) : null;
  const trouble = error ? troubleOf(error) : last.current;
  const wait = trouble && settled ? retryIn(trouble, attempt) : null;
  const told = trouble?.kind === "hurried";
  useEffect(() => {
    if (wait === null) return;
    const retry = () => {
      setAttempt((before) => before + 1);
      again.current();
    };
    const timer = setTimeout(retry, wait);
    // Who was told to wait is not let in earlier because somebody looks.
    const forget = told ? undefined : onHope(retry);
    return () => {
      clearTimeout(timer);
      forget?.();
    };
  }, [wait, told]);
  useEffect(() => {
    if (settled && !error) setAttempt(0);
  }, [settled, error]);

  const missed = trouble?.kind === "signed-out" && phase === "in" && settled;
  useEffect(() => {
    if (missed) again.current();
  }, [missed]);

  useEffect(() => (pause ? undefined : live.onReturn(() => again.current())), [pause]);

  useEffect(() => {
    if (pause || !every) return;
    const ask = () => {
      if (document.visibilityState === "visible" && phase === "in") again.current();
    };
    const timer = setInterval(ask, every);
    document.addEventListener("visibilitychange", ask);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", ask);
    };
  }, [pause, every, phase]);

  return {
    data,
    trouble,
    loading: !data && !trouble && !pause,
    refreshing: (fetching || stale) && data !== undefined,
    again: () => again.current(),
  };
}
