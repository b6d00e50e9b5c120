import {
  AppWindow,
  History,
  KeyRound,
  Link2,
  MonitorSmartphone,
  Radio,
  Smartphone,
  Users,
} from "lucide-react";
import { type ComponentType, lazy } from "react";
import type { Permission } from "./viewer.tsx";

export interface PageEntry {
  readonly path: string;
  readonly name: string;
  readonly icon: ComponentType<{ size?: number }>;
  /** Without it the page says so instead of asking the service. */
  readonly needs?: Permission;
  readonly component: ComponentType;
}

/** The pages, in the order of the menu. Each comes with its own piece of script. */
export const PAGES: readonly PageEntry[] = [
  {
    path: "/tokens",
    name: "Tokens",
    icon: KeyRound,
    needs: "tokens:read",
    component: lazy(() => import("../agent-tokens/tokens-page.tsx")),
  },
  {
    path: "/live",
    name: "Live",
    icon: Radio,
    needs: "tokens:read",
    component: lazy(() => import("../revocations/revocations-page.tsx")),
  },
  {
    path: "/pairing",
    name: "Pairing",
    icon: Smartphone,
    needs: "tokens:read",
    component: lazy(() => import("../pairing/pairing-page.tsx")),
  },
  {
    path: "/accounts",
    name: "Connected accounts",
    icon: Link2,
    needs: "accounts:read",
    component: lazy(() => import("../connected-accounts/accounts-page.tsx")),
  },
  {
    path: "/history",
    name: "History",
    icon: History,
    needs: "audit:read",
    component: lazy(() => import("../audit/history-page.tsx")),
  },
  {
    path: "/members",
    name: "Members",
    icon: Users,
    component: lazy(() => import("../members/members-page.tsx")),
  },
  {
    path: "/sessions",
    name: "Your sessions",
    icon: MonitorSmartphone,
    component: lazy(() => import("../sessions/sessions-page.tsx")),
  },
  {
    path: "/applications",
    name: "Applications",
    icon: AppWindow,
    component: lazy(() => import("../authorizations/applications-page.tsx")),
  },
];
