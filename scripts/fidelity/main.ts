import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startTestClusterd } from "@/lib/clusterd/testing";
import { Mirror } from "@/lib/mirror/mirror";
import { labList, type ListedLab, type PublicLab } from "./lab";
import { layouts } from "./layouts";
import { mirrorFolder, mirrorNamedFiles, mirrorSites, type MirroredUrls } from "./mirror";
import { playLab } from "./play";
import { asText, type LabResult } from "./report";

const usage = `Usage: npm run fidelity -- --list FILE --corpora DIR [options]

Plays public labs on clusters of examctl: set-up, checks that must fail, the author's solution, checks that must pass.

  --list FILE        {"labs": [{"repo": "owner/name", "path": "folder#task", "topic": ...}]}
  --corpora DIR      checkouts, each in a folder "owner+name"
  --mirror DIR       files behind public URLs: urls.json from URL to file
  --only TEXT        labs whose repository or path contains it
  --parallel N       labs at once (default: cores)
  --deadline N       seconds a lab may take (default: 600)
  --json             the results as one JSON object`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      ...{ list: { type: "string" }, corpora: { type: "string" }, mirror: { type: "string" } },
      ...{ only: { type: "string" }, parallel: { type: "string" }, deadline: { type: "string" } },
      ...{ json: { type: "boolean" }, help: { type: "boolean" } },
    },
  });
  if (values.help || !values.list || !values.corpora) {
    console.error(usage);
    return values.help ? 0 : 2;
  }
  const { labs } = labList.parse(JSON.parse(await readFile(values.list, "utf8")));
  const chosen = labs.filter(({ repo, path }) => `${repo} ${path}`.includes(values.only ?? ""));
  const clusterd = await startTestClusterd({ shards: availableParallelism() });
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => void clusterd.close().finally(() => process.exit(130)));
  try {
    const mirror = new Mirror(join(clusterd.labd.dataDir, "mirror"));
    await mirrorSites(mirror);
    const known: MirroredUrls = values.mirror ? await mirrorFolder(mirror, values.mirror) : new Map();
    const results: LabResult[] = [];
    const queue = chosen.map((listed, index) => ({ listed, index }));
    const worker = async () => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const { listed, index } = next;
        const startedMs = performance.now();
        const untilMs = startedMs + Number(values.deadline ?? 600) * 1000;
        const verdict = await play(listed, `public-${index}`, untilMs).catch((failure: Error) => ({
          ...{ passed: false, reason: failure.message, remarks: [] },
        }));
        const { repo, path, topic } = listed;
        const seconds = Math.round((performance.now() - startedMs) / 1000);
        results.push({ repo, path, topic, ...verdict, seconds });
        const { passed, reason = "", remarks } = verdict;
        console.error(`${passed ? "pass" : "FAIL"} ${repo} ${path} (${seconds} s) ${reason}`);
        if (!passed) for (const text of remarks) console.error(`    (${text})`);
      }
    };
    const play = async (listed: ListedLab, labId: string, untilMs: number) => {
      const checkout = join(values.corpora!, listed.repo.replace("/", "+"));
      const lab = await readLab(checkout, listed.path);
      await mirrorNamedFiles(mirror, lab, { repo: listed.repo, checkout, known });
      return playLab(clusterd.client, labId, lab, { isWeak: listed.weak_verify, untilMs });
    };
    await Promise.all(Array.from({ length: Number(values.parallel ?? availableParallelism()) }, worker));
    console.log(values.json ? JSON.stringify({ labs: results }, null, 2) : asText(results));
    return results.every(({ passed }) => passed) ? 0 : 1;
  } finally {
    await clusterd.close();
  }
}

async function readLab(checkout: string, path: string): Promise<PublicLab> {
  const [folder, task] = path.split("#");
  for (const layout of layouts) {
    const lab = await layout(join(checkout, folder!), task);
    if (lab) return lab;
  }
  throw new Error(`no known layout in ${join(checkout, folder!)}`);
}

main().then(
  (code) => process.exit(code),
  (failure: unknown) => {
    console.error(failure);
    process.exit(1);
  },
);
