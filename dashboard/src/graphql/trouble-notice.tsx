import type { ReactNode } from "react";
import { Notice } from "../ui/bits.tsx";
import { Button } from "../ui/button.tsx";
import { spoken } from "./spoken.ts";
import type { Trouble } from "./trouble.ts";

interface Told {
  readonly tone: "danger" | "warning";
  readonly title: string;
  readonly text: ReactNode;
}

function told(trouble: Trouble): Told {
  switch (trouble.kind) {
    case "offline":
      return {
        tone: "warning",
        title: "The service cannot be reached",
        text: "Check your connection. We keep trying, and nothing you typed is lost.",
      };
    case "signed-out":
      return {
        tone: "warning",
        title: "You are signed out",
        text: "Sign in again to go on. What you typed stays here.",
      };
    case "forbidden":
      return {
        tone: "warning",
        title: "Your role does not allow this",
        text: trouble.permission ? (
          <>
            It takes the permission <code>{trouble.permission}</code>. An owner of the workspace can
            give you a role that has it.
          </>
        ) : (
          "An owner of the workspace can give you a role that may."
        ),
      };
    case "plan":
      return {
        tone: "warning",
        title: `This needs the ${spoken(trouble.required)} plan`,
        text: `The workspace is on ${spoken(trouble.current ?? "another")}. Whoever runs the service can raise it.`,
      };
    case "behind":
      return {
        tone: "warning",
        title: "Still catching up",
        text: "What was changed a moment ago is not readable yet. We ask again by ourselves.",
      };
    case "hurried":
      return {
        tone: "warning",
        title: "Too many requests",
        text: `Wait ${trouble.seconds === 1 ? "a second" : `${trouble.seconds} seconds`}, then try again.`,
      };
    case "unavailable":
      return {
        tone: "warning",
        title: "The service is not ready",
        text: "It may be starting again. We keep trying.",
      };
    case "changed":
      return {
        tone: "warning",
        title: "Somebody else changed this",
        text: "Look at what it is now, then try again.",
      };
    case "gone":
      return {
        tone: "warning",
        title: "This is not here",
        text: "It was removed, or belongs to a workspace that you are no member of.",
      };
    case "input":
      return { tone: "danger", title: "The service did not accept this", text: trouble.message };
    case "fault":
      return {
        tone: "danger",
        title: "Something went wrong on our side",
        text: trouble.request ? (
          <>
            Try again. If it happens again, whoever runs the service can look up request{" "}
            <code>{trouble.request}</code>.
          </>
        ) : (
          "Try again in a moment."
        ),
      };
  }
}

/** What went wrong and what to do about it. */
export function TroubleNotice({
  trouble,
  onRetry,
}: {
  readonly trouble: Trouble;
  readonly onRetry?: (() => void) | undefined;
}) {
  const { tone, title, text } = told(trouble);
  return (
    <Notice
      tone={tone}
      title={title}
      actions={onRetry && <Button onClick={onRetry}>Try again</Button>}
    >
      {text}
    </Notice>
  );
}
