import { FlaskConical } from "lucide-react";
import { EmptyState, PageHeader } from "@/app/_ui/card";
import { deps } from "@/app/_server/deps";
import { pageActor } from "@/app/_server/session";
import { LabCard } from "@/app/_components/lab-card";
import { listLabs } from "@/lib/exam/list-labs";

export const metadata = { title: "Practice tests" };

export default async function PracticeTestsPage() {
  const actor = await pageActor();
  const labs = await listLabs(deps(), actor);
  // One grid, so that a topic with a single test leaves no empty row; tests of a topic stand together.
  const domains = [...new Set(labs.map((lab) => lab.domain))];
  return (
    <>
      <PageHeader title="Practice tests">
        Each one starts a cluster of your own, with addresses and names that nobody else has.
      </PageHeader>
      {labs.length === 0 ? (
        <EmptyState icon={<FlaskConical aria-hidden />} title="No practice tests yet">
          Labs appear here as soon as an administrator publishes one.
        </EmptyState>
      ) : (
        <ul className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
          {domains
            .flatMap((domain) => labs.filter((lab) => lab.domain === domain))
            .map((lab) => (
              <LabCard key={lab.id} lab={lab} />
            ))}
        </ul>
      )}
    </>
  );
}
