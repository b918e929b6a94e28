"use client";

import Link from "next/link";
import { useEffect } from "react";
import { Button } from "@/app/_ui/button";

export default function ErrorPage({
  error,
  reset,
}: {
  error: Error & { digest?: string };
  reset: () => void;
}) {
  useEffect(() => console.error(error), [error]);
  return (
    <main id="main" className="grid min-h-[70dvh] place-items-center px-6">
      <div className="max-w-md text-center">
        <h1 className="text-2xl font-semibold">This page could not be shown</h1>
        <p className="mt-2 text-muted">
          Something failed on the server. Your answers and your lab are safe: they are not kept in this page.
          Try again; if it stays like this, give your administrator the number below.
        </p>
        {error.digest ? <p className="mt-3 font-mono text-xs text-muted">{error.digest}</p> : null}
        <div className="mt-5 flex justify-center gap-2">
          <Button variant="primary" onClick={reset}>
            Try again
          </Button>
          <Button asChild>
            <Link href="/">Practice tests</Link>
          </Button>
        </div>
      </div>
    </main>
  );
}
