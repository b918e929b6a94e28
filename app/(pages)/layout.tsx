import type { ReactNode } from "react";
import { pageActor } from "@/app/_server/session";
import { SiteHeader } from "@/app/_components/site-header";
import { hasRole } from "@/lib/auth/roles";

export default async function PagesLayout({ children }: { children: ReactNode }) {
  const actor = await pageActor();
  const links = [
    { href: "/", label: "Practice tests" },
    { href: "/history", label: "My attempts" },
    ...(hasRole(actor, "GRADER") ? [{ href: "/grading", label: "Grading" }] : []),
    ...(hasRole(actor, "ADMIN")
      ? [
          { href: "/admin/labs", label: "Labs" },
          { href: "/admin/users", label: "People" },
        ]
      : []),
  ];
  return (
    <>
      <SiteHeader links={links} name={actor.name} username={actor.username} role={actor.role} />
      <main id="main" tabIndex={-1} className="mx-auto w-full max-w-6xl px-4 py-8 outline-none sm:px-6">
        {children}
      </main>
    </>
  );
}
