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
        domains.map((domain) => (
          <section key={domain} aria-label={domain} className="mb-9">
            <h2 className="mb-3 font-mono text-xs font-medium tracking-wide text-muted">{domain}</h2>
            <ul className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
              {labs
                .filter((lab) => lab.domain === domain)
                .map((lab) => (
                  <LabCard key={lab.id} lab={lab} />
                ))}
            </ul>
          </section>
        ))
      )}
    </>
  );
}
