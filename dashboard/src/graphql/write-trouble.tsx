import { Notice } from "../ui/bits.tsx";
import { TroubleNotice } from "./trouble-notice.tsx";
import type { Write } from "./use-write.ts";

/** Why a form was not carried out, apart from what stands beside its fields. */
export function WriteTrouble({
  write,
  shown = [],
}: {
  readonly write: Write<unknown, never>;
  /** The fields that show their own errors. */
  readonly shown?: readonly string[];
}) {
  const beside = write.errorsBeside(...shown);
  return (
    <>
      {write.trouble && <TroubleNotice trouble={write.trouble} />}
      {beside.map((message) => (
        <Notice key={message} tone="danger">
          {message}
        </Notice>
      ))}
    </>
  );
}
