import { redirect } from "next/navigation";
import { currentActor } from "@/app/_server/session";
import { wayBack } from "@/app/_client/way-back";
import { Notice } from "@/app/_ui/card";
import { Logo } from "@/app/_ui/logo";
import { ThemeToggle } from "@/app/_ui/theme";
import { SignInForm } from "./sign-in-form";

export const metadata = { title: "Sign in" };

export default async function SignInPage({
  searchParams,
}: {
  searchParams: Promise<{ from?: string | string[] }>;
}) {
  const back = wayBack((await searchParams).from);
  if (await currentActor()) redirect(back);
  return (
    <main id="main" className="relative grid min-h-dvh place-items-center overflow-hidden px-5 py-10">
      <div className="dot-grid absolute inset-0 opacity-60" aria-hidden />
      <div className="relative w-full max-w-sm">
        <div className="mb-7 flex items-center justify-between">
          <Logo />
          <ThemeToggle />
        </div>
        <div className="rounded-xl border border-line bg-surface p-6 shadow-raised sm:p-7">
          <h1 className="text-xl font-semibold">Sign in</h1>
          <p className="mt-1 mb-5 text-sm text-muted">
            Practice tests for Kubernetes networking, each in a real cluster of your own.
          </p>
          {back.startsWith("/attempts/") ? (
            <Notice className="mb-5">
              Your session has ended. Your attempt goes on, and answers that were not saved are kept in this
              browser: sign in to send them.
            </Notice>
          ) : null}
          <SignInForm back={back} />
        </div>
        <p className="mt-5 text-center text-[13px] text-muted">
          No account, or a lost password? Ask whoever runs this server.
        </p>
      </div>
    </main>
  );
}
