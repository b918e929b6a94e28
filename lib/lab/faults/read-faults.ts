import { parseDocument } from "yaml";
import { faults, type Fault } from "@/lib/contract/fault";
import type { LabProblem } from "../lab";
import { formatPath } from "../read-manifest";

/** The faults of a rendered `setup/*.faults.yaml`, or what is wrong with it. */
export function readFaults(name: string, content: string): { faults: Fault[]; problems: LabProblem[] } {
  const file = `setup/${name}`;
  const remedy = "docs/authoring.md lists the faults and what each takes.";
  const document = parseDocument(content);
  const [error] = document.errors;
  if (error)
    return {
      faults: [],
      problems: [{ file, path: "", problem: error.message.split("\n")[0]!, remedy: "Correct the YAML." }],
    };
  const parsed = faults.safeParse(document.toJS());
  if (parsed.success) return { faults: parsed.data, problems: [] };
  const problems = parsed.error.issues.map(({ path, message }) => ({
    ...{ file, path: formatPath(path), problem: `${message}.`, remedy },
  }));
  return { faults: [], problems };
}
