import { notFound } from "next/navigation";
import { z } from "zod";
import { deps } from "@/app/_server/deps";
import { pageActor } from "@/app/_server/session";
import { LabEditor } from "@/app/_client/lab-editor/lab-editor";
import { AppError } from "@/lib/core/app-error";
import { getVersion, listVersions } from "@/lib/exam/lab-versions";

export const metadata = { title: "Lab" };

const query = z.object({ version: z.coerce.number().int().optional().catch(undefined) });

export default async function LabPage({
  params,
  searchParams,
}: {
  params: Promise<{ labId: string }>;
  searchParams: Promise<unknown>;
}) {
  const actor = await pageActor("ADMIN");
  const { labId } = await params;
  const { version: number } = query.parse(await searchParams);
  const versions = await listVersions(deps(), actor, labId).catch((failure: unknown) => {
    if (failure instanceof AppError && failure.code === "not-found") notFound();
    throw failure;
  });
  const chosen =
    versions.find((version) => version.number === number) ??
    versions.find(({ current }) => current) ??
    versions[0]!;
  const version = await getVersion(deps(), actor, chosen.id);
  return <LabEditor key={version.id} labId={labId} version={version} versions={versions} />;
}
