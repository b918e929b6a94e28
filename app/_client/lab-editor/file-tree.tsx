"use client";

import { FileCode, FilePlus, FileText, Trash2 } from "lucide-react";
import { useState } from "react";
import { Button } from "@/app/_ui/button";
import { Dialog } from "@/app/_ui/dialog";
import { cn } from "@/app/_ui/cn";
import { Field, Input } from "@/app/_ui/field";
import { Form } from "@/app/_ui/form";

interface FileTreeProps {
  paths: string[];
  chosen: string;
  changed: ReadonlySet<string>;
  faulty: ReadonlySet<string>;
  onChoose: (path: string) => void;
  onAdd: (path: string) => void;
  onRemove: (path: string) => void;
}

/** The files of a lab by folder. */
export function FileTree({ paths, chosen, changed, faulty, onChoose, onAdd, onRemove }: FileTreeProps) {
  const folders = [...new Set(paths.map(folderOf))].sort();
  return (
    <nav aria-label="Files of the lab" className="flex h-full flex-col">
      <div className="flex-1 overflow-y-auto p-2">
        {folders.map((folder) => (
          <div key={folder} className="mb-2">
            {folder ? <p className="px-2 py-1 font-mono text-xs text-muted">{folder}/</p> : null}
            <ul>
              {paths
                .filter((path) => folderOf(path) === folder)
                .sort()
                .map((path) => (
                  <li key={path}>
                    <button
                      type="button"
                      aria-current={path === chosen ? "true" : undefined}
                      onClick={() => onChoose(path)}
                      className={cn(
                        "flex w-full items-center gap-2 rounded-md px-2 py-1 text-left text-[13px] hover:bg-sunken",
                        path === chosen && "bg-accent-soft font-medium text-accent hover:bg-accent-soft",
                      )}
                    >
                      {/\.(ts|sh|ya?ml)$/.test(path) ? (
                        <FileCode className="size-3.5 shrink-0 opacity-70" aria-hidden />
                      ) : (
                        <FileText className="size-3.5 shrink-0 opacity-70" aria-hidden />
                      )}
                      <span className="min-w-0 flex-1 truncate">
                        {path.slice(folder ? folder.length + 1 : 0)}
                      </span>
                      {faulty.has(path) ? (
                        <span
                          className="size-1.5 rounded-full bg-bad"
                          role="img"
                          aria-label="has a problem"
                        />
                      ) : changed.has(path) ? (
                        <span className="size-1.5 rounded-full bg-warn" role="img" aria-label="changed" />
                      ) : null}
                    </button>
                  </li>
                ))}
            </ul>
          </div>
        ))}
      </div>
      <div className="flex gap-1 border-t border-line p-2">
        <AddFile paths={paths} onAdd={onAdd} />
        <Button
          variant="ghost"
          size="sm"
          disabled={chosen === "lab.yaml" || chosen === "checks.ts"}
          onClick={() => onRemove(chosen)}
        >
          <Trash2 aria-hidden /> Remove
        </Button>
      </div>
    </nav>
  );
}

function AddFile({ paths, onAdd }: { paths: string[]; onAdd: (path: string) => void }) {
  const [open, setOpen] = useState(false);
  const [error, setError] = useState<string>();
  function submit(form: FormData) {
    const path = String(form.get("path")).trim();
    if (!/^[a-zA-Z0-9._-]+(\/[a-zA-Z0-9._-]+)*$/.test(path))
      return setError("Use letters, digits, '.', '_' and '-', with '/' between folders.");
    if (paths.includes(path)) return setError("There is a file of this name.");
    onAdd(path);
    setOpen(false);
  }
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => {
        setError(undefined);
        setOpen(next);
      }}
      trigger={
        <Button variant="ghost" size="sm">
          <FilePlus aria-hidden /> Add
        </Button>
      }
      title="Add a file"
      description="questions/NAME.md is a question, setup/NAME.yaml or .sh prepares the cluster, mistakes/NAME.sh is a wrong answer."
    >
      <Form onSend={submit}>
        <Field label="Path" error={error}>
          {(props) => (
            <Input {...props} name="path" className="font-mono" defaultValue="questions/" required />
          )}
        </Field>
        <Button type="submit" variant="primary">
          Add
        </Button>
      </Form>
    </Dialog>
  );
}

function folderOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
}
