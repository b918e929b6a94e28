import { History } from "lucide-react";
import Link from "next/link";
import { z } from "zod";
import { deps } from "@/app/_server/deps";
import { pageActor } from "@/app/_server/session";
import { AttemptTable } from "@/app/_components/attempt-table";
import { Pager } from "@/app/_components/pager";
import { Button } from "@/app/_ui/button";
import { EmptyState, PageHeader } from "@/app/_ui/card";
import { listOwnAttempts } from "@/lib/exam/list-attempts";

export const metadata = { title: "My attempts" };

const query = z.object({ page: z.coerce.number().int().min(1).max(100_000).catch(1) });

export default async function HistoryPage({ searchParams }: { searchParams: Promise<unknown> }) {
  const actor = await pageActor();
  const { page } = query.parse(await searchParams);
  const list = await listOwnAttempts(deps(), actor, { page });
  return (
    <>
      <PageHeader title="My attempts">Everything you have tried, newest first.</PageHeader>
      {list.total === 0 ? (
        <EmptyState
          icon={<History aria-hidden />}
          title="Nothing here yet"
          action={
            <Button asChild variant="primary">
              <Link href="/">Choose a practice test</Link>
            </Button>
          }
        >
          Your attempts, their scores and what the checks saw are kept here.
        </EmptyState>
      ) : (
        <>
          <AttemptTable
            attempts={list.attempts}
            caption="My attempts"
            students={false}
            hrefOf={({ id, state }) =>
              ["PREPARING", "RUNNING", "FAILED", "ABANDONED"].includes(state)
                ? `/attempts/${id}`
                : `/attempts/${id}/result`
            }
          />
          <Pager
            page={list.page}
            pages={list.pages}
            total={list.total}
            noun="attempt"
            path="/history"
            query={{}}
          />
        </>
      )}
    </>
  );
}
