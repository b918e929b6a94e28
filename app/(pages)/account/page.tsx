import { pageActor } from "@/app/_server/session";
import { PasswordForm } from "@/app/_client/password-form";
import { Card, PageHeader } from "@/app/_ui/card";
import { roleWords } from "@/app/_ui/format";

export const metadata = { title: "Account" };

export default async function AccountPage() {
  const actor = await pageActor();
  return (
    <>
      <PageHeader title="Account" />
      <div className="grid max-w-3xl gap-6 md:grid-cols-[1fr_1.4fr]">
        <dl className="space-y-3 text-sm">
          {[
            ["Name", actor.name],
            ["User name", actor.username],
            ["Role", roleWords[actor.role]],
          ].map(([term, value]) => (
            <div key={term}>
              <dt className="text-xs text-muted">{term}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
        <Card className="p-5 sm:p-6">
          <h2 className="mb-1 font-semibold">Change the password</h2>
          <p className="mb-4 text-sm text-muted">
            You are signed out everywhere and sign in again with the new one.
          </p>
          <PasswordForm />
        </Card>
      </div>
    </>
  );
}
