import { ChevronsUpDown, LogOut, Menu as MenuIcon, Monitor, Moon, Sun } from "lucide-react";
import { Dialog } from "radix-ui";
import { type ReactNode, useState } from "react";
import { Link, useLocation } from "wouter";
import { spoken } from "../graphql/spoken.ts";
import { LiveDot, LiveMark } from "../live/live-mark.tsx";
import { session } from "../session/session.ts";
import { IconButton } from "../ui/button.tsx";
import { classes } from "../ui/classes.ts";
import { Menu, MenuItem, MenuLabel, MenuRule } from "../ui/menu.tsx";
import { Logo } from "./logo.tsx";
import { PAGES } from "./pages.tsx";
import styles from "./shell.module.css";
import { choose, type Theme, useTheme } from "./theme.ts";
import { useHere } from "./viewer.tsx";

/** What stands around every page. */
export function Shell({ children }: { readonly children: ReactNode }) {
  const [open, setOpen] = useState(false);
  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#main">
        Skip to the content
      </a>
      <aside className={styles.side} aria-label="Sidebar">
        <Sidebar onLeave={() => {}} />
      </aside>
      <header className={styles.bar}>
        <Dialog.Root open={open} onOpenChange={setOpen}>
          <Dialog.Trigger asChild>
            <IconButton label="Open the menu">
              <MenuIcon size={20} />
            </IconButton>
          </Dialog.Trigger>
          <Dialog.Portal>
            <Dialog.Overlay className={styles.drawerOverlay} />
            <Dialog.Content className={styles.drawer} aria-describedby={undefined}>
              <Dialog.Title className="visually-hidden">Menu</Dialog.Title>
              <Sidebar onLeave={() => setOpen(false)} />
            </Dialog.Content>
          </Dialog.Portal>
        </Dialog.Root>
        <Brand />
        <LiveDot />
      </header>
      <main className={styles.main} id="main" tabIndex={-1}>
        <div className={styles.content}>{children}</div>
      </main>
    </div>
  );
}

function Brand() {
  return (
    <Link className={styles.brand} href="/tokens">
      <Logo />
      Keyledger
    </Link>
  );
}

function Sidebar({ onLeave }: { readonly onLeave: () => void }) {
  const [location] = useLocation();
  return (
    <>
      <Brand />
      <WorkspacePicker />
      <nav aria-label="Pages" className={styles.nav}>
        {PAGES.map(({ path, name, icon: Icon }) => (
          <Link
            key={path}
            href={path}
            className={styles.link}
            aria-current={location === path ? "page" : undefined}
            onClick={onLeave}
          >
            <Icon size={17} aria-hidden="true" />
            {name}
          </Link>
        ))}
      </nav>
      <span className={styles.space} />
      <LiveMark />
      <PersonMenu />
    </>
  );
}

function WorkspacePicker() {
  const { workspace, memberships, role, switchTo } = useHere();
  const trigger = (
    <button type="button" className={classes(styles.pick, styles.boxed)}>
      <Avatar of={workspace.name} />
      <span className={styles.who}>
        <bdi className={styles.whoName}>{workspace.name || "Erased workspace"}</bdi>
        <span className={styles.whoText}>
          {spoken(workspace.plan)} · {role.toLowerCase()}
        </span>
      </span>
      <ChevronsUpDown size={15} aria-hidden="true" />
      <span className="visually-hidden">Choose a workspace</span>
    </button>
  );
  return (
    <Menu trigger={trigger} align="start">
      <MenuLabel>Workspaces</MenuLabel>
      {memberships.map((membership) => (
        <MenuItem
          key={membership.workspace.id}
          checked={membership.workspace.id === workspace.id}
          onSelect={() => switchTo(membership.workspace.id)}
        >
          <bdi>{membership.workspace.name || "Erased workspace"}</bdi>
        </MenuItem>
      ))}
    </Menu>
  );
}

const THEMES: readonly (readonly [Theme, string, typeof Sun])[] = [
  ["system", "As the system", Monitor],
  ["light", "Light", Sun],
  ["dark", "Dark", Moon],
];

function PersonMenu() {
  const { user } = useHere();
  const theme = useTheme();
  const name = user.username ?? user.displayName ?? "You";
  const trigger = (
    <button type="button" className={styles.pick}>
      <Avatar of={name} round />
      <span className={styles.who}>
        <bdi className={styles.whoName}>{name}</bdi>
      </span>
      <ChevronsUpDown size={15} aria-hidden="true" />
      <span className="visually-hidden">Your menu</span>
    </button>
  );
  return (
    <Menu trigger={trigger} align="start">
      <MenuLabel>Appearance</MenuLabel>
      {THEMES.map(([value, label, Icon]) => (
        <MenuItem
          key={value}
          icon={<Icon size={16} />}
          checked={theme === value}
          onSelect={() => choose(value)}
        >
          {label}
        </MenuItem>
      ))}
      <MenuRule />
      <MenuItem icon={<LogOut size={16} />} onSelect={() => void session.signOut()}>
        Sign out
      </MenuItem>
    </Menu>
  );
}

function Avatar({ of, round = false }: { readonly of: string; readonly round?: boolean }) {
  const [first = "?"] = of.trim();
  return (
    <span className={classes(styles.avatar, round && styles.round)} aria-hidden="true">
      {first.toUpperCase()}
    </span>
  );
}
