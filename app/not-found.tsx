import Link from "next/link";
import { Button } from "@/app/_ui/button";
import { LogoMark } from "@/app/_ui/logo";

export const metadata = { title: "Not found" };

export default function NotFound() {
  return (
    <main id="main" className="grid min-h-dvh place-items-center px-6">
      <div className="max-w-md text-center">
        <LogoMark className="mx-auto mb-4 size-9" />
        <p className="font-mono text-xs text-muted">NXDOMAIN</p>
        <h1 className="mt-1 text-2xl font-semibold">There is nothing at this address</h1>
        <p className="mt-2 text-balance text-muted">
          The page was moved, belongs to somebody else, or never was. If a link brought you here, tell the
          person who gave it to you.
        </p>
        <Button asChild variant="primary" className="mt-5">
          <Link href="/">Go to the practice tests</Link>
        </Button>
      </div>
    </main>
  );
}
