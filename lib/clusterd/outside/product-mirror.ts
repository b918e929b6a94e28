import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { gatewayApiCrds, type Channel } from "@/lib/cluster/addons/gateway-api/crds";
import { runCommand } from "@/lib/core/run-command";
import { addChart } from "@/lib/mirror/add-chart";
import { Mirror } from "@/lib/mirror/mirror";
import { chartFiles, type Chart } from "./charts/chart";
import { charts } from "./charts/charts";
import { fabricChart } from "./product-chart";
import { manifestOf } from "./product-manifests";

/** Releases of NGINX Gateway Fabric, and of the Gateway API that each takes its definitions from. */
const fabricReleases: Record<string, string> = Object.fromEntries(
  Object.entries({
    "v1.1.0": ["v1.3.0", "v1.4.0"],
    "v1.2.0": ["v1.5.0", "v1.5.1"],
    "v1.2.1": ["v1.6.0", "v1.6.1", "v1.6.2"],
    "v1.3.0": [
      ...["v2.0.0", "v2.0.1", "v2.0.2", "v2.1.0", "v2.1.1", "v2.1.2", "v2.1.3", "v2.1.4"],
      ...["v2.2.0", "v2.2.1", "v2.2.2"],
    ],
    "v1.4.1": ["v2.3.0", "v2.4.0", "v2.4.1", "v2.4.2"],
  }).flatMap(([api, releases]) => releases.map((release) => [release, api])),
);
const apiReleases = ["v1.1.0", "v1.2.0", "v1.2.1", "v1.3.0", "v1.4.0", "v1.4.1"];
const chartReleases = ["1.6.2", "2.2.0"];
const timeoutMs = 60_000;

/**
 * What the product has behind git's and registries' URLs (`kubectl kustomize URL?ref=`, `helm install oci://...`), made when
 * it is first asked for.
 */
export function productMirror(): { open: () => Promise<Mirror>; close(): Promise<void> } {
  let made: Promise<{ folder: string; mirror: Mirror }> | undefined;
  return {
    open: async () => (await (made ??= make())).mirror,
    async close() {
      const built = await made?.catch(() => undefined);
      if (built) await rm(built.folder, { recursive: true, force: true });
    },
  };
}

async function make(): Promise<{ folder: string; mirror: Mirror }> {
  const folder = await mkdtemp(join(tmpdir(), "examctl-product-"));
  const mirror = new Mirror(join(folder, "mirror"));
  try {
    for (const owner of ["nginx", "nginxinc"])
      await makeRepository(
        mirror.place(`git+https://github.com/${owner}/nginx-gateway-fabric`),
        Object.entries(fabricReleases).map(([tag, api]) => ({
          tag,
          files: {
            ...kustomization("config/crd/gateway-api/standard", api),
            ...kustomization("config/crd/gateway-api/experimental", api, "experimental"),
          },
        })),
      );
    await makeRepository(
      mirror.place("git+https://github.com/kubernetes-sigs/gateway-api"),
      apiReleases.map((tag) => ({
        tag,
        files: {
          ...kustomization("config/crd", tag),
          ...kustomization("config/crd/experimental", tag, "experimental"),
        },
      })),
    );
    for (const release of chartReleases) {
      const name = "nginx-gateway-fabric";
      const archive = await packChart(folder, `${name}-${release}`, name, fabricChart(release));
      await addChart(mirror, "oci://ghcr.io/nginx/charts", archive);
    }
    for (const chart of charts) await addToRepository(mirror, folder, chart);
    return { folder, mirror };
  } catch (failure) {
    await rm(folder, { recursive: true, force: true });
    throw failure;
  }
}

type Files = Record<string, string>;

function kustomization(at: string, release: string, channel: Channel = "standard"): Files {
  return {
    [`${at}/kustomization.yaml`]: stringify({
      apiVersion: "kustomize.config.k8s.io/v1beta1",
      kind: "Kustomization",
      resources: [`${channel}-install.yaml`],
    }),
    [`${at}/${channel}-install.yaml`]: manifestOf(gatewayApiCrds(release, channel)),
  };
}

/** A bare repository with one commit a tag; the last is also the branch main. */
async function makeRepository(at: string, releases: { tag: string; files: Files }[]): Promise<void> {
  await mkdir(dirname(at), { recursive: true });
  await runCommand(["git", "init", "--quiet", "--bare", "--initial-branch=main", at], { timeoutMs });
  const stream = releases.flatMap(({ tag, files }) => [
    "commit refs/heads/main\n",
    "committer examctl <examctl@invalid> 1700000000 +0000\n",
    data(tag),
    "deleteall\n",
    ...Object.entries(files).map(([path, content]) => `M 100644 inline ${path}\n${data(content)}`),
    `reset refs/tags/${tag}\nfrom refs/heads/main\n\n`,
  ]);
  await runCommand(["git", "-C", at, "fast-import", "--quiet"], { timeoutMs, stdin: stream.join("") });
}

const data = (text: string) => `data ${Buffer.byteLength(text)}\n${text}\n`;

async function packChart(folder: string, title: string, name: string, files: Files): Promise<string> {
  const root = join(folder, `chart-${title}`);
  for (const [path, content] of Object.entries(files)) {
    const at = join(root, name, path);
    await mkdir(dirname(at), { recursive: true });
    await writeFile(at, content);
  }
  const archive = join(folder, `${title}.tgz`);
  await runCommand(["tar", "-czf", archive, "-C", root, name], { timeoutMs });
  return archive;
}

/** A repository for `helm repo add` that holds one chart. */
async function addToRepository(mirror: Mirror, folder: string, chart: Chart): Promise<void> {
  const { name, version, appVersion, description, repository } = chart;
  const title = `${name}-${version}`;
  const archive = await packChart(folder, title, name, chartFiles(chart));
  const index = join(folder, `${title}.index.yaml`);
  const entry = { ...{ apiVersion: "v2", name, version, appVersion, description }, urls: [`${title}.tgz`] };
  await writeFile(index, stringify({ apiVersion: "v1", entries: { [name]: [entry] } }));
  await mirror.addFile(`${repository}/index.yaml`, index);
  await mirror.addFile(`${repository}/${title}.tgz`, archive);
}
