import { Inbox } from "lucide-react";
import Link from "next/link";
import { z } from "zod";
import { deps } from "@/app/_server/deps";
import { pageActor } from "@/app/_server/session";
import { AttemptTable } from "@/app/_components/attempt-table";
import { Pager } from "@/app/_components/pager";
import { SearchForm } from "@/app/_components/search-form";
import { Button } from "@/app/_ui/button";
import { EmptyState, PageHeader } from "@/app/_ui/card";
import { stateWords } from "@/app/_ui/format";
import { Select } from "@/app/_ui/select";
import type { AttemptState } from "@/lib/exam/attempt-state";
import { listAttempts } from "@/lib/exam/list-attempts";
import { listLabs } from "@/lib/exam/list-labs";

export const metadata = { title: "Grading" };

const query = z.object({
  search: z.string().max(100).catch(""),
  state: z.enum(["all", "review", ...(Object.keys(stateWords) as [string])]).catch("all"),
  lab: z.string().max(63).catch("all"),
  page: z.coerce.number().int().min(1).max(100_000).catch(1),
});

const stateOptions = [
  { value: "all", label: "All states" },
  { value: "review", label: "Needs a grader" },
  ...Object.entries(stateWords).map(([value, { label }]) => ({ value, label })),
];

export default async function GradingPage({ searchParams }: { searchParams: Promise<unknown> }) {
  const actor = await pageActor("GRADER");
  const { search, state, lab, page } = query.parse(await searchParams);
  const [list, labs] = await Promise.all([
    listAttempts(deps(), actor, {
      search,
      page,
      ...(lab === "all" ? {} : { labId: lab }),
      ...(state === "review"
        ? { needsReview: true }
        : state === "all"
          ? {}
          : { state: state as AttemptState }),
    }),
    listLabs(deps(), actor),
  ]);
  const labOptions = [
    { value: "all", label: "All practice tests" },
    ...labs.map(({ id, title }) => ({ value: id, label: title })),
  ];
  const filtered = search !== "" || state !== "all" || lab !== "all";
  return (
    <>
      <PageHeader title="Grading">Attempts of everybody, newest first.</PageHeader>
      <SearchForm label="Search attempts" placeholder="Student, practice test or #id" search={search}>
        <Select
          name="state"
          label="State"
          options={stateOptions}
          defaultValue={state}
          className="w-44 max-sm:min-w-28 max-sm:flex-1"
        />
        <Select
          name="lab"
          label="Practice test"
          options={labOptions}
          defaultValue={lab}
          className="w-52 max-sm:min-w-28 max-sm:flex-1"
        />
      </SearchForm>
      {list.attempts.length === 0 ? (
        <EmptyState
          icon={<Inbox aria-hidden />}
          title={filtered ? "No attempts match" : "No attempts yet"}
          action={
            filtered ? (
              <Button asChild>
                <Link href="/grading">Show all attempts</Link>
              </Button>
            ) : undefined
          }
        >
          {filtered
            ? "Widen the search to see more."
            : "Attempts appear here as soon as a student starts one."}
        </EmptyState>
      ) : (
        <>
          <AttemptTable
            attempts={list.attempts}
            caption="Attempts"
            students
            hrefOf={({ id }) => `/grading/${id}`}
          />
          <Pager
            page={list.page}
            pages={list.pages}
            total={list.total}
            noun="attempt"
            path="/grading"
            query={{ search, state, lab }}
          />
        </>
      )}
    </>
  );
}
