import { Users } from "lucide-react";
import { z } from "zod";
import { deps } from "@/app/_server/deps";
import { pageActor } from "@/app/_server/session";
import { NewUserDialog } from "@/app/_client/new-user-dialog";
import { UserMenu } from "@/app/_client/user-menu";
import { SearchForm } from "@/app/_components/search-form";
import { Badge } from "@/app/_ui/badge";
import { EmptyState, PageHeader } from "@/app/_ui/card";
import { roleWords } from "@/app/_ui/format";
import { Table, Td, Th, Tr } from "@/app/_ui/table";
import { Time } from "@/app/_ui/time";
import { listUsers } from "@/lib/auth/users";

export const metadata = { title: "People" };

const query = z.object({ search: z.string().max(100).catch("") });

export default async function UsersPage({ searchParams }: { searchParams: Promise<unknown> }) {
  const actor = await pageActor("ADMIN");
  const { search } = query.parse(await searchParams);
  const users = await listUsers(deps(), actor, { search });
  return (
    <>
      <PageHeader title="People" actions={<NewUserDialog />}>
        Who may sign in, and as what. A disabled account keeps its attempts.
      </PageHeader>
      <SearchForm label="Search people" placeholder="Name, user name or e-mail" search={search} />
      {users.length === 0 ? (
        <EmptyState icon={<Users aria-hidden />} title="Nobody matches">
          Try a part of the name, the user name or the e-mail address.
        </EmptyState>
      ) : (
        <Table caption="People">
          <thead>
            <tr>
              <Th>Name</Th>
              <Th>Role</Th>
              <Th className="max-sm:hidden">Attempts</Th>
              <Th className="max-sm:hidden">Last sign-in</Th>
              <Th>
                <span className="sr-only">Actions</span>
              </Th>
            </tr>
          </thead>
          <tbody>
            {users.map((user) => (
              <Tr key={user.id}>
                <Td>
                  <span className="block whitespace-nowrap">
                    {user.name}
                    {user.id === actor.userId ? <span className="text-muted"> (you)</span> : null}
                  </span>
                  <span className="font-mono text-xs text-muted">{user.username}</span>
                </Td>
                <Td>
                  <span className="flex flex-wrap gap-1">
                    <Badge tone={user.role === "STUDENT" ? "neutral" : "accent"}>
                      {roleWords[user.role]}
                    </Badge>
                    {user.disabledAt ? <Badge tone="bad">Disabled</Badge> : null}
                  </span>
                </Td>
                <Td className="text-muted tabular-nums max-sm:hidden">{user.attempts}</Td>
                <Td className="whitespace-nowrap text-muted max-sm:hidden">
                  {user.lastSignInAt ? <Time ms={user.lastSignInAt.getTime()} /> : "Never"}
                </Td>
                <Td className="text-right">
                  <UserMenu
                    user={{
                      id: user.id,
                      username: user.username,
                      role: user.role,
                      disabled: user.disabledAt !== null,
                    }}
                    self={user.id === actor.userId}
                  />
                </Td>
              </Tr>
            ))}
          </tbody>
        </Table>
      )}
    </>
  );
}
