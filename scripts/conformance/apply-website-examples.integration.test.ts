import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runCommand } from "@/lib/core/run-command";
import { Scope } from "@/lib/core/scope";
import { ensureKubectl } from "@/lib/cluster/api/testing";
import { startStandalone } from "@/lib/cluster/standalone/start-standalone";
import expectations from "./expectations.json" with { type: "json" };
import { hasUpstream, upstreamFolder } from "./run";

const { refused, notServed } = expectations["website-examples"];

/** What a file is refused for only here, where kubectl reads all of them in turn. */
const onlyTogether: Record<string, string> = {
  "pods/security/seccomp/profiles/audit.json": "apiVersion not set, kind not set",
  "pods/security/seccomp/profiles/fine-grained.json": "apiVersion not set, kind not set",
  "pods/security/seccomp/profiles/violation.json": "apiVersion not set, kind not set",
  "tls/server-signing-config.json": "apiVersion not set, kind not set",
  "validatingadmissionpolicy/failure-policy-ignore.yaml": "resource name may not be empty",
  "windows/deploy-hyperv.yaml": "failed to find resource referenced by paramKind",
  "windows/deploy-resource.yaml": "failed to find resource referenced by paramKind",
};
/** Of two examples under one name, the later one would change what cannot change. */
const sameName =
  /pod updates may not (?:change|add or remove)|field is immutable|may not change once set|Forbidden: (?:updates to|spec is immutable)/;

describe.skipIf(!hasUpstream)(
  "the real kubectl applies upstream's examples (skipped where ../shared/upstream is absent)",
  () => {
    test("each file is applied, or refused for its own reason", async () => {
      const scope = new Scope();
      try {
        const work = scope.use(await mkdtemp("/tmp/examctl-examples-"), (path) =>
          rm(path, { recursive: true, force: true }),
        );
        const folder = join(work, "examples");
        await cp(join(upstreamFolder, "website-examples"), folder, { recursive: true });
        const limits = await setLimitsApart(folder, join(work, "limits"));
        const cluster = scope.use(
          await startStandalone({ nodes: 2, listen: { host: "127.0.0.1", port: 0 } }),
          (one) => one.close(),
        );
        await writeFile(join(work, "kubeconfig"), cluster.kubeconfig, { mode: 0o600 });
        const kubectl = await ensureKubectl();
        const apply = (...args: string[]) =>
          runCommand([kubectl, "apply", ...args], {
            env: { NODE_ENV: process.env.NODE_ENV, KUBECONFIG: join(work, "kubeconfig"), HOME: work },
            cwd: work,
            allowFailure: true,
            timeoutMs: 180_000,
          });

        const { stdout, stderr } = await apply("-R", "-f", folder);
        const failures = failuresOf(stderr, folder);
        const unexplained = failures.filter(
          ({ file, text }) => !reasonsOf(file).some((one) => text.includes(one)),
        );
        expect(unexplained.filter(({ text }) => !sameName.test(text))).toEqual([]);
        expect(unexplained.length).toBeLessThanOrEqual(45);
        const failing = new Set(failures.map(({ file }) => file));
        const applied = stdout.split("\n").filter((line) => /(?:created|configured|unchanged)$/.test(line));
        expect(failing.size).toBeLessThanOrEqual(100);
        expect(applied.length).toBeGreaterThanOrEqual(300);

        // They would refuse other examples' pods, as on a real cluster: so they come last.
        const last = await apply("-R", "-f", join(work, "limits"));
        expect(last).toMatchObject({ exitCode: 0, stderr: "" });
        expect(limits).toBeGreaterThanOrEqual(15);
      } finally {
        await scope.close();
      }
    }, 240_000);
  },
);

/** Moves the files with LimitRanges and ResourceQuotas to another folder; how many they are. */
async function setLimitsApart(folder: string, apart: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  let count = 0;
  await mkdir(apart);
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || !/kind: (?:LimitRange|ResourceQuota)\b/.test(await readFile(path, "utf8")))
      continue;
    await rename(path, join(apart, `${count++}-${entry.name}`));
  }
  return count;
}

/** What kubectl says of each file that it could not apply. */
function failuresOf(stderr: string, folder: string): { file: string; text: string }[] {
  const start =
    /^(?=Error from server|error when retrieving|error: )|(?=resource mapping |error validating ")/m;
  return stderr.split(start).flatMap((text) => {
    const at = text.indexOf(`${folder}/`);
    const file = at < 0 ? undefined : /^[^"]+?\.(?:ya?ml|json)/.exec(text.slice(at + folder.length + 1))?.[0];
    return file ? [{ file, text: text.slice(0, 4000) }] : [];
  });
}

function reasonsOf(file: string): string[] {
  const known = Object.entries<string>({ ...refused, ...notServed });
  const own = known.filter(([item]) => item.startsWith(`${file}#`)).map(([, reason]) => reason);
  const together = onlyTogether[file];
  return together ? [...own, together] : own;
}
