"use client";

import { useRouter } from "next/navigation";
import { useEffect } from "react";
import { Topology } from "@/app/_components/topology";
import { Card, Notice } from "@/app/_ui/card";

/** Shown until the score is there; looks again by itself. */
export function GradingWait({ timeOver, problem }: { timeOver: boolean; problem: string | undefined }) {
  const router = useRouter();
  useEffect(() => {
    const timer = setInterval(() => router.refresh(), 1500);
    return () => clearInterval(timer);
  }, [router]);
  return (
    <Card className="flex flex-col items-center px-6 py-14 text-center">
      <Topology nodes={2} active />
      <h2 className="mt-4 font-semibold" role="status">
        {timeOver ? "Time is over. Your cluster is being graded." : "Your cluster is being graded"}
      </h2>
      <p className="mt-1 max-w-sm text-sm text-muted">
        Each question&apos;s check looks at the real state of your cluster. This takes a few seconds.
      </p>
      {problem ? (
        <Notice tone="warn" className="mt-5 text-left">
          {problem} You can leave this page: nothing is lost.
        </Notice>
      ) : null}
    </Card>
  );
}
