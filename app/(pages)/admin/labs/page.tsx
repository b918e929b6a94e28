import { FlaskConical } from "lucide-react";
import Link from "next/link";
import { deps } from "@/app/_server/deps";
import { pageActor } from "@/app/_server/session";
import { Badge } from "@/app/_ui/badge";
import { EmptyState, PageHeader } from "@/app/_ui/card";
import { Table, Td, Th, Tr } from "@/app/_ui/table";
import { Time } from "@/app/_ui/time";
import { listAdminLabs } from "@/lib/exam/lab-versions";

export const metadata = { title: "Labs" };

export default async function LabsPage() {
  const actor = await pageActor("ADMIN");
  const labs = await listAdminLabs(deps(), actor);
  return (
    <>
      <PageHeader title="Labs">
        What practice tests are made of. A version never changes; attempts keep the one that they started
        with.
      </PageHeader>
      {labs.length === 0 ? (
        <EmptyState icon={<FlaskConical aria-hidden />} title="No labs">
          The labs that come with examctl are put in when it starts.
        </EmptyState>
      ) : (
        <Table caption="Labs">
          <thead>
            <tr>
              <Th>Lab</Th>
              <Th>Current</Th>
              <Th className="max-sm:hidden">Versions</Th>
              <Th>Attempts</Th>
              <Th className="max-sm:hidden">Last change</Th>
            </tr>
          </thead>
          <tbody>
            {labs.map((lab) => (
              <Tr key={lab.id}>
                <Td>
                  <Link href={`/admin/labs/${lab.id}`} className="font-medium text-accent hover:underline">
                    {lab.title}
                  </Link>
                  <span className="block font-mono text-xs text-muted">{lab.id}</span>
                </Td>
                <Td>
                  {lab.currentNumber === undefined ? (
                    <Badge tone="warn">Not published</Badge>
                  ) : (
                    <Badge tone="accent">v{lab.currentNumber}</Badge>
                  )}
                </Td>
                <Td className="text-muted tabular-nums max-sm:hidden">{lab.versions}</Td>
                <Td className="whitespace-nowrap text-muted tabular-nums">
                  {lab.attempts}
                  {lab.running > 0 ? <span className="block text-xs">{lab.running} running</span> : null}
                </Td>
                <Td className="whitespace-nowrap text-muted max-sm:hidden">
                  <Time ms={lab.changedAtMs} />
                </Td>
              </Tr>
            ))}
          </tbody>
        </Table>
      )}
    </>
  );
}
