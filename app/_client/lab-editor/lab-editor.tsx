"use client";

import { CircleCheck, FlaskConical, Rocket, TriangleAlert } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useEffect, useMemo, useState } from "react";
import { toast } from "sonner";
import type { ApiError } from "@/app/_client/api";
import { api } from "@/app/_client/api";
import { Badge } from "@/app/_ui/badge";
import { Button } from "@/app/_ui/button";
import { Card, Notice, PageHeader } from "@/app/_ui/card";
import { cn } from "@/app/_ui/cn";
import { plural } from "@/app/_ui/format";
import { Time } from "@/app/_ui/time";
import type { LabFiles } from "@/lib/contract/lab";
import type { VersionSummary } from "@/lib/exam/lab-versions";
import { FileTree } from "./file-tree";
import { useValidation } from "./use-validation";
import { ValidationPanel } from "./validation-panel";

const CodeEditor = dynamic(() => import("./code-editor").then((module) => module.CodeEditor), {
  ssr: false,
  loading: () => <div className="h-full animate-pulse bg-sunken" />,
});

type Problem = ApiError["problems"][number];

/** Reads and edits a lab's files; what is changed becomes a new version when it is validated and published. */
export function LabEditor({
  labId,
  version: base,
  versions,
}: {
  labId: string;
  version: VersionSummary & { title: string; files: LabFiles };
  versions: VersionSummary[];
}) {
  const router = useRouter();
  const [files, setFiles] = useState<LabFiles>(base.files);
  const [chosen, setChosen] = useState("lab.yaml");
  const [line, setLine] = useState<{ number: number; request: number }>();
  const [problems, setProblems] = useState<Problem[]>([]);
  const [busy, setBusy] = useState<"validate" | "publish">();
  const { version, load } = useValidation(base);

  const changed = useMemo(() => changedPaths(base.files, files), [base.files, files]);
  const dirty = changed.size > 0;
  useEffect(() => {
    if (!dirty) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [dirty]);

  /** What is in the editor was stored as the followed version. */
  const [storedFiles, setStoredFiles] = useState<LabFiles>(base.files);
  const isStored = changedPaths(storedFiles, files).size === 0;

  async function validate() {
    setBusy("validate");
    setProblems([]);
    try {
      const draft = await api<{ versionId: string }>("POST", `/api/admin/labs/${labId}/drafts`, {
        files,
        message: "",
      });
      setStoredFiles(files);
      await api("POST", `/api/admin/versions/${draft.versionId}/validate`, {});
      await load(draft.versionId);
    } catch (failure) {
      const error = failure as ApiError;
      setProblems(error.problems);
      toast.error(
        error.problems.length > 0 ? plural(error.problems.length, "problem") + " found." : error.message,
      );
    } finally {
      setBusy(undefined);
    }
  }

  async function publish() {
    if (!version) return;
    setBusy("publish");
    try {
      await api("POST", `/api/admin/versions/${version.id}/publish`, {});
      toast.success(`Version ${version.number} is what new attempts get now.`);
      router.push(`/admin/labs/${labId}?version=${version.number}`);
      router.refresh();
    } catch (failure) {
      toast.error((failure as Error).message);
    } finally {
      setBusy(undefined);
    }
  }

  const validating = version?.validation === "RUNNING" && !version.interrupted;
  const canPublish = isStored && version !== undefined && version.publishable && !version.current;
  const text = files[chosen] ?? "";
  return (
    <>
      <PageHeader
        eyebrow={
          <>
            <Link href="/admin/labs" className="hover:underline">
              Labs
            </Link>{" "}
            / {labId}
          </>
        }
        title={base.title}
        actions={
          <>
            <Button busy={busy === "validate" || validating} onClick={() => void validate()}>
              {busy === "validate" || validating ? null : <FlaskConical aria-hidden />}
              {validating ? "Validating" : dirty ? "Validate as a new version" : "Validate"}
            </Button>
            <Button
              variant="primary"
              busy={busy === "publish"}
              disabled={!canPublish}
              onClick={() => void publish()}
            >
              <Rocket aria-hidden /> {version && canPublish ? `Publish v${version.number}` : "Publish"}
            </Button>
          </>
        }
      >
        Version {base.number}
        {base.current ? ", which new attempts get" : ""}.{" "}
        {dirty ? `${plural(changed.size, "file")} changed.` : ""}
      </PageHeader>
      <div className="grid gap-5 xl:grid-cols-[1fr_19rem]">
        <Card className="grid min-h-0 overflow-hidden md:h-[38rem] md:grid-cols-[14rem_1fr]">
          <div className="max-h-60 border-b border-line md:max-h-none md:border-r md:border-b-0">
            <FileTree
              paths={Object.keys(files)}
              chosen={chosen}
              changed={changed}
              faulty={new Set(problems.map(({ file }) => file))}
              onChoose={setChosen}
              onAdd={(path) => {
                setFiles((before) => ({ ...before, [path]: "" }));
                setChosen(path);
              }}
              onRemove={(path) => {
                setFiles(({ [path]: _removed, ...rest }) => rest);
                setChosen("lab.yaml");
              }}
            />
          </div>
          <div className="h-96 min-w-0 md:h-full">
            <CodeEditor
              key={chosen}
              path={chosen}
              text={text}
              line={line}
              onChange={(next) => setFiles((before) => ({ ...before, [chosen]: next }))}
            />
          </div>
        </Card>
        <div className="space-y-5">
          {problems.length > 0 ? (
            <Problems
              problems={problems}
              onGo={(problem) => {
                if (!(problem.file in files)) return;
                setChosen(problem.file);
                if (problem.line !== undefined) setLine({ number: problem.line, request: Date.now() });
              }}
            />
          ) : null}
          {version ? (
            <Card className="p-4">
              <h2 className="mb-3 flex items-center justify-between gap-2 text-sm font-semibold">
                Validation of v{version.number}
                <ValidationBadge version={version} />
              </h2>
              {isStored ? null : (
                <Notice tone="warn" className="mb-3">
                  The files were changed since. Validate them again.
                </Notice>
              )}
              <ValidationPanel version={version} />
            </Card>
          ) : null}
          <Versions labId={labId} versions={versions} shown={base.number} />
        </div>
      </div>
    </>
  );
}

function Problems({ problems, onGo }: { problems: Problem[]; onGo: (problem: Problem) => void }) {
  return (
    <Card className="p-4">
      <h2 className="mb-2 flex items-center gap-2 text-sm font-semibold text-bad">
        <TriangleAlert className="size-4" aria-hidden /> {plural(problems.length, "problem")}
      </h2>
      <ul className="max-h-72 space-y-1 overflow-y-auto">
        {problems.map((problem, index) => (
          <li key={index}>
            <button
              type="button"
              onClick={() => onGo(problem)}
              className="w-full rounded-md px-2 py-1.5 text-left text-[13px] hover:bg-sunken"
            >
              <span className="block font-mono text-xs text-muted">
                {problem.file || "lab"}
                {problem.line === undefined ? "" : `:${problem.line}`} {problem.path}
              </span>
              {problem.problem} <span className="text-muted">{problem.remedy}</span>
            </button>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function ValidationBadge({ version }: { version: VersionSummary }) {
  if (version.validation === "PASSED")
    return (
      <Badge tone="good">
        <CircleCheck aria-hidden /> Passed
      </Badge>
    );
  if (version.validation === "FAILED") return <Badge tone="bad">Failed</Badge>;
  if (version.validation === "RUNNING") return <Badge tone="accent">Running</Badge>;
  return null;
}

function Versions({ labId, versions, shown }: { labId: string; versions: VersionSummary[]; shown: number }) {
  return (
    <Card className="p-4">
      <h2 className="mb-2 text-sm font-semibold">Versions</h2>
      <ol className="-mx-2 max-h-80 overflow-y-auto">
        {versions.map((version) => (
          <li key={version.id}>
            <Link
              href={`/admin/labs/${labId}?version=${version.number}`}
              aria-current={version.number === shown ? "true" : undefined}
              className={cn(
                "block rounded-md px-2 py-1.5 text-[13px] hover:bg-sunken",
                version.number === shown && "bg-sunken",
              )}
            >
              <span className="flex items-center gap-2">
                <span className="font-medium">v{version.number}</span>
                {version.current ? (
                  <Badge tone="accent">Current</Badge>
                ) : version.state === "DRAFT" ? (
                  <Badge>Draft</Badge>
                ) : null}
                <span className="ml-auto font-mono text-xs text-muted">{version.sha256.slice(0, 8)}</span>
              </span>
              <span className="block text-xs text-muted">
                {version.author ?? "Comes with examctl"} · <Time ms={version.createdAtMs} format="date" /> ·{" "}
                {plural(version.attempts, "attempt")}
              </span>
            </Link>
          </li>
        ))}
      </ol>
    </Card>
  );
}

function changedPaths(before: LabFiles, after: LabFiles): Set<string> {
  const all = new Set([...Object.keys(before), ...Object.keys(after)]);
  return new Set([...all].filter((path) => before[path] !== after[path]));
}
