import { Lock } from "lucide-react";
import { Link } from "wouter";
import { Card, Empty, Page } from "../ui/bits.tsx";
import type { PageEntry } from "./pages.tsx";
import { useHere } from "./viewer.tsx";

/** In place of a page that this role may not see. */
export function NotAllowed({ page }: { readonly page: PageEntry }) {
  const { role, workspace } = useHere();
  return (
    <Page title={page.name}>
      <Card>
        <Empty icon={<Lock size={20} />} title={`${page.name} are not for your role`}>
          Your role in <bdi>{workspace.name}</bdi> is {role.toLowerCase()}, and this page takes{" "}
          <code>{page.needs}</code>. An owner or admin can give you a role that has it, under{" "}
          <Link href="/members">Members</Link>.
        </Empty>
      </Card>
    </Page>
  );
}
