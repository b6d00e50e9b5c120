import { createContext, useContext } from "react";
import type { ViewerQuery } from "../graphql/generated.ts";

export type Viewer = ViewerQuery["viewer"];
export type Membership = Viewer["memberships"][number];

/** What somebody may do in a workspace; the service decides, this only saves them the way. */
export type Permission =
  | "accounts:manage"
  | "accounts:read"
  | "audit:export"
  | "audit:read"
  | "billing:plan"
  | "members:manage"
  | "subject:erase"
  | "tokens:manage"
  | "tokens:read"
  | "workspace:policy";

export interface Here {
  readonly user: Viewer["user"];
  readonly memberships: readonly Membership[];
  readonly workspace: Membership["workspace"];
  readonly role: Membership["role"];
  readonly may: (permission: Permission) => boolean;
  /** Why something cannot be done here; nothing where it can. */
  readonly unless: (permission: Permission) => string | undefined;
  readonly switchTo: (workspace: string) => void;
}

export function hereOf(
  viewer: Viewer,
  chosen: string | null,
  switchTo: Here["switchTo"],
): Here | null {
  const { memberships, user } = viewer;
  const membership = memberships.find(({ workspace }) => workspace.id === chosen) ?? memberships[0];
  if (!membership) return null;
  const { workspace, role, permissions } = membership;
  const may = (permission: Permission) => permissions.includes(permission);
  const unless = (permission: Permission) =>
    may(permission) ? undefined : `your role ${role.toLowerCase()} does not allow it`;
  return { user, memberships, workspace, role, may, unless, switchTo };
}

export const HereContext = createContext<Here | null>(null);

/** Who is here, in which workspace, as what. */
export function useHere(): Here {
  const here = useContext(HereContext);
  if (!here) throw new Error("used outside of the signed-in part of the page");
  return here;
}
