import { existsSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Layout, Script } from "../lab";
import { blocksOf } from "../markdown";
import { prerequisitesOf } from "../prerequisites";
import { scriptOf } from "../solution";
import { scriptIn, workDir } from "./files";

/**
 * Tasks whose checks are bats tests that begin with the task's number, and whose solutions are worker/files/solutions/N.MD.
 * A person has named contexts there, "cluster1-admin@cluster1" and so on; here all of them are the one cluster. Who is asked for one
 * task has done those before it whose objects it acts on.
 */
export const batsTasks: Layout = async (folder, task) => {
  const worker = join(folder, "worker/files");
  if (!existsSync(join(worker, "tests.bats"))) return undefined;
  const number = /\d+/.exec(task ?? "")?.[0];
  const tests = testsOf(await readFile(join(worker, "tests.bats"), "utf8"), number);
  const names = (await readdir(join(worker, "solutions")))
    .filter((name) => /^\d+\.md$/i.test(name))
    .sort((a, b) => parseInt(a) - parseInt(b));
  const solutions = await Promise.all(
    names.map(async (name) => ({
      name,
      number: parseInt(name),
      text: await readFile(join(worker, "solutions", name), "utf8"),
    })),
  );
  const own = solutions.filter((one) => number === undefined || one.number === Number(number));
  const before = number === undefined ? [] : solutions.filter((one) => one.number < Number(number));
  const texts = own.map(({ text }) => text);
  const cluster =
    /cluster(\d+)-admin@/.exec([...texts, ...tests.map(({ text }) => text)].join("\n"))?.[1] ?? "1";
  return {
    nodes: "two",
    files: [],
    setup: [
      await environment(folder, cluster),
      ...(await scriptIn(folder, `k8s-${cluster}/scripts/master.sh`)),
      ...(await scriptIn(folder, "worker/files/worker.sh")),
      ...prerequisitesOf(texts.join("\n"), before).map(({ name, text }) => ({
        name,
        text: scriptOf(blocksOf(text)),
      })),
    ],
    stages: [
      {
        setup: [],
        solution: {
          name: own.map(({ name }) => name).join(" "),
          // Everything in such a solution is the solution.
          text: texts.map((text) => scriptOf(blocksOf(text))).join("\n"),
        },
        verify: tests,
      },
    ],
    workDir,
  };
};

/** The contexts of all clusters, and the labels that terragrunt.hcl gives the cluster's worker. */
async function environment(folder: string, cluster: string): Promise<Script> {
  const settings = join(folder, `k8s-${cluster}/terragrunt.hcl`);
  const text = existsSync(settings) ? await readFile(settings, "utf8") : "";
  const labels = /^\s*node_labels\s*=\s*"([\w=.,/-]+)"/m.exec(text)?.[1]?.split(",") ?? [];
  return {
    name: "environment",
    text: `set -e
${labels.length > 0 ? `kubectl label node node01 ${labels.join(" ")} --overwrite` : ""}
for n in $(seq 1 12); do
  kubectl config set-context cluster$n-admin@cluster$n --cluster=kubernetes --user=kubernetes-admin >/dev/null
done
mkdir -p /home/ubuntu/.kube /var/work/tests/result /var/work/tests/artifacts
for name in config _config; do cp /root/.kube/config /home/ubuntu/.kube/$name; done
id ubuntu >/dev/null 2>&1 || useradd ubuntu
`,
  };
}

/** Each @test as a script of its own, as bats runs it: what stands outside tests first, then the body, ended by a failure. */
function testsOf(source: string, number: string | undefined): Script[] {
  const lines = source.split("\n");
  const preamble: string[] = [];
  const tests: Script[] = [];
  let open: { name: string; lines: string[] } | undefined;
  for (const line of lines) {
    const head = /^@test\s+["'](.*)["']\s*\{/.exec(line);
    if (head) open = { name: head[1]!.trim(), lines: [] };
    else if (open && /^\}/.test(line)) {
      tests.push({ name: open.name, text: open.lines.join("\n") });
      open = undefined;
    } else if (open) open.lines.push(line);
    else preamble.push(line);
  }
  const run = 'run() { output=$("$@" 2>&1); status=$?; return 0; }';
  return tests
    .filter(({ name }) => {
      const own = /^\d+/.exec(name)?.[0];
      return own === "0" || number === undefined || own === number;
    })
    .map(({ name, text }) => ({ name, text: `${preamble.join("\n")}\n${run}\nset -e\n${text}\n` }));
}
