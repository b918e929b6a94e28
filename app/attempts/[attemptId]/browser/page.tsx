import { ArrowLeft, ExternalLink, Globe } from "lucide-react";
import type { Metadata } from "next";
import Link from "next/link";
import { notFound, redirect } from "next/navigation";
import { z } from "zod";
import { deps } from "@/app/_server/deps";
import { pageActor, requireSession } from "@/app/_server/session";
import { Button, buttonStyle } from "@/app/_ui/button";
import { EmptyState, Notice } from "@/app/_ui/card";
import { Field, Input } from "@/app/_ui/field";
import { Select } from "@/app/_ui/select";
import { issuePreviewTicket, previewPlace } from "@/lib/auth/preview-tickets";
import { AppError } from "@/lib/core/app-error";
import { previewAccess, type PreviewAccess } from "@/lib/exam/preview-access";
import { LabWatch } from "../_workspace/lab-watch";

export const metadata: Metadata = { title: "Browser" };

const query = z.object({
  node: z.string().optional(),
  port: z.string().optional(),
  scheme: z.string().optional(),
  host: z.string().optional(),
  path: z.string().optional(),
});
type Query = z.infer<typeof query>;

/** A port of one of the lab's nodes in a frame that is cut off from everything of ours. What is shown stands in the address. */
export default async function BrowserPage({
  params,
  searchParams,
}: {
  params: Promise<{ attemptId: string }>;
  searchParams: Promise<Record<string, string | string[]>>;
}) {
  const actor = await pageActor();
  const { attemptId } = await params;
  const access = await previewAccess(deps(), actor, { attemptId }).catch((failure: unknown) => {
    if (!(failure instanceof AppError)) throw failure;
    if (failure.code === "not-found") notFound();
    // It is over: the result's page knows where whom to lead.
    redirect(`/attempts/${attemptId}/result`);
  });
  const asked = query.catch({}).parse(await searchParams);
  const shown = asked.node === undefined ? undefined : await address(attemptId, access, asked);
  return (
    <div className="flex h-dvh min-h-[32rem] flex-col">
      <header className="flex h-12 shrink-0 items-center gap-3 border-b border-line bg-surface px-3 sm:px-4">
        <Link
          href={access.readOnly ? `/grading/${attemptId}` : `/attempts/${attemptId}`}
          aria-label="Back to the attempt"
          title="Back to the attempt"
          className={buttonStyle({ variant: "ghost", size: "icon" })}
        >
          <ArrowLeft aria-hidden />
        </Link>
        <h1 className="min-w-0 truncate text-sm font-semibold">Browser: {access.title}</h1>
        {shown?.url ? (
          <a
            href={shown.url}
            target="_blank"
            rel="noopener noreferrer"
            aria-label="Open this page in a tab of its own"
            title="Open this page in a tab of its own"
            className={buttonStyle({ variant: "ghost", size: "icon", className: "ml-auto" })}
          >
            <ExternalLink aria-hidden />
          </a>
        ) : null}
      </header>
      <main id="main" tabIndex={-1} className="flex min-h-0 flex-1 flex-col outline-none">
        {access.readOnly ? null : <LabWatch attemptId={attemptId} />}
        <AddressForm access={access} asked={asked} problem={shown?.problem} />
        {shown?.url ? (
          <iframe
            src={shown.url}
            title={`Port ${asked.port} of ${asked.node}`}
            sandbox="allow-scripts allow-forms"
            className="min-h-0 w-full flex-1 border-0 bg-white"
          />
        ) : (
          <div className="p-6">
            <EmptyState icon={<Globe aria-hidden />} title="Nothing is shown yet">
              Choose a node and a port: the node port of a Service or of an Ingress controller, or any server
              that listens on the node&apos;s address.
            </EmptyState>
          </div>
        )}
      </main>
    </div>
  );
}

/** Where the frame finds the page, or what is wrong with what was asked for. */
async function address(
  attemptId: string,
  { nodes }: PreviewAccess,
  { node, port, scheme, host, path }: Query,
): Promise<{ url?: string; problem?: string }> {
  if (!nodes.includes(node ?? "")) return { problem: `This lab has no node "${node}".` };
  const place = previewPlace.safeParse({ node, port: Number(port), scheme, host: host?.trim() || undefined });
  if (!place.success) {
    const wrong = place.error.issues[0]!;
    return {
      problem:
        wrong.path[0] === "port"
          ? "The port is a number from 1 to 65535."
          : `${String(wrong.path[0])}: ${wrong.message}`,
    };
  }
  const { actor, epoch } = await requireSession();
  const { authSecret, clock } = deps();
  const ticket = issuePreviewTicket(authSecret, clock, {
    ...{ userId: actor.userId, epoch, attemptId },
    place: place.data,
  });
  const target = new URL(`http://lab/${(path ?? "").replace(/^\/+/, "")}`);
  return { url: `/preview/${ticket}${target.pathname}${target.search}` };
}

/** A plain form: what it asks for becomes the page's address, so it can be kept, reloaded and gone back to. */
function AddressForm({
  access,
  asked,
  problem,
}: {
  access: PreviewAccess;
  asked: Query;
  problem: string | undefined;
}) {
  return (
    <form
      role="search"
      aria-label="What to show"
      className="shrink-0 border-b border-line bg-sunken px-3 py-3 sm:px-4"
    >
      <div className="grid grid-cols-2 items-end gap-3 md:grid-cols-[10rem_6.5rem_7rem_minmax(0,1fr)_minmax(0,1fr)_auto]">
        <Field label="Node">
          {(props) => (
            <Select
              {...props}
              name="node"
              defaultValue={asked.node ?? access.nodes.at(-1)}
              options={access.nodes.map((name) => ({ value: name, label: name }))}
            />
          )}
        </Field>
        <Field label="Protocol">
          {(props) => (
            <Select
              {...props}
              name="scheme"
              defaultValue={asked.scheme ?? "http"}
              options={["http", "https"].map((name) => ({ value: name, label: name }))}
            />
          )}
        </Field>
        <Field label="Port">
          {(props) => (
            <Input
              {...props}
              name="port"
              inputMode="numeric"
              required
              autoComplete="off"
              placeholder="30080"
              defaultValue={asked.port}
            />
          )}
        </Field>
        <Field label="Host name (Ingress)">
          {(props) => (
            <Input
              {...props}
              name="host"
              autoComplete="off"
              placeholder="the node's address"
              defaultValue={asked.host}
            />
          )}
        </Field>
        <Field label="Path">
          {(props) => <Input {...props} name="path" autoComplete="off" defaultValue={asked.path ?? "/"} />}
        </Field>
        <Button type="submit" variant="primary">
          Open
        </Button>
      </div>
      {problem ? (
        <Notice tone="warn" className="mt-3">
          {problem}
        </Notice>
      ) : null}
    </form>
  );
}
