import type { MembersQuery, Role } from "../graphql/generated.ts";

type Edges = NonNullable<MembersQuery["workspace"]>["members"]["edges"];
export type Member = Edges[number]["node"];

/** The roles, and what each is for. */
export const ROLES: readonly (readonly [Role, string, string])[] = [
  ["VIEWER", "Viewer", "sees connected accounts"],
  ["MEMBER", "Member", "connects accounts"],
  ["ADMIN", "Admin", "manages tokens and members, reads the history"],
  ["OWNER", "Owner", "may do everything"],
  ["AUDITOR", "Auditor", "reads and exports the history, nothing else"],
];

/** The roles that somebody may give; the service has the last word. */
export const givenBy = (role: Role): readonly Role[] => {
  if (role === "OWNER") return ROLES.map(([name]) => name);
  return role === "ADMIN" ? ["VIEWER", "MEMBER", "ADMIN"] : [];
};

export const roleName = (role: Role): string => ROLES.find(([name]) => name === role)?.[1] ?? role;
