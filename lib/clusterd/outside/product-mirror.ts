import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { gatewayApiCrds, type Channel } from "@/lib/cluster/addons/gateway-api/crds";
import { runCommand } from "@/lib/core/run-command";
import { addChart } from "@/lib/mirror/add-chart";
import { Mirror } from "@/lib/mirror/mirror";
import { chartFiles, type Chart } from "./charts/chart";
import { charts, emptyRepositories } from "./charts/charts";
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

/** As the mirror has them: git repositories, OCI repositories, and the files of Helm's repositories. */
export type ProductPart = "git" | "oci" | "files";

/**
 * What the product has behind git's and registries' URLs (`kubectl kustomize URL?ref=`, `helm install oci://...`) and in Helm's
 * repositories, each part made when it is first asked for.
 */
export function productMirror(): { open: (part: ProductPart) => Promise<Mirror>; close(): Promise<void> } {
  const made = new Map<ProductPart, Promise<string>>();
  let root: Promise<string> | undefined;
  const makePart = async (part: ProductPart) => {
    const folder = await (root ??= mkdtemp(join(tmpdir(), "examctl-product-")));
    await makers[part](new Mirror(join(folder, "mirror")), folder);
    return folder;
  };
  return {
    async open(part) {
      const folder = made.get(part) ?? makePart(part);
      made.set(part, folder);
      return new Mirror(join(await folder, "mirror"));
    },
    async close() {
      await Promise.allSettled(made.values());
      if (root) await rm(await root, { recursive: true, force: true });
    },
  };
}

const makers: Record<ProductPart, (mirror: Mirror, folder: string) => Promise<void>> = {
  async git(mirror) {
    const fabric = Object.entries(fabricReleases).map(([tag, api]) => ({
      tag,
      files: {
        ...kustomization("config/crd/gateway-api/standard", api),
        ...kustomization("config/crd/gateway-api/experimental", api, "experimental"),
      },
    }));
    for (const owner of ["nginx", "nginxinc"])
      await makeRepository(mirror.place(`git+https://github.com/${owner}/nginx-gateway-fabric`), fabric);
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
  },
  async oci(mirror, folder) {
    for (const release of chartReleases) {
      const name = "nginx-gateway-fabric";
      const archive = await packChart(folder, `${name}-${release}`, name, fabricChart(release));
      await addChart(mirror, "oci://ghcr.io/nginx/charts", archive);
    }
  },
  async files(mirror, folder) {
    for (const chart of charts) await addToRepository(mirror, folder, chart);
    for (const repository of emptyRepositories) await addIndex(mirror, folder, repository, {});
  },
};

type Files = Record<string, string>;

/** Of each release and channel, as YAML: many tags have the same. */
const definitions = new Map<string, string>();

function definitionsOf(release: string, channel: Channel): string {
  const key = `${channel} ${release}`;
  const text = definitions.get(key) ?? manifestOf(gatewayApiCrds(release, channel));
  definitions.set(key, text);
  return text;
}

function kustomization(at: string, release: string, channel: Channel = "standard"): Files {
  return {
    [`${at}/kustomization.yaml`]: stringify({
      apiVersion: "kustomize.config.k8s.io/v1beta1",
      kind: "Kustomization",
      resources: [`${channel}-install.yaml`],
    }),
    [`${at}/${channel}-install.yaml`]: definitionsOf(release, channel),
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

/** A repository for `helm repo add` that holds one chart, in all its releases. */
async function addToRepository(mirror: Mirror, folder: string, chart: Chart): Promise<void> {
  const { name, description, repository } = chart;
  const entries = chart.releases.map(async (release) => {
    const [version, appVersion] = release;
    const title = `${name}-${version}`;
    const archive = await packChart(folder, title, name, chartFiles(chart, release));
    await mirror.addFile(`${repository}/${title}.tgz`, archive);
    return { ...{ apiVersion: "v2", name, version, appVersion, description }, urls: [`${title}.tgz`] };
  });
  await addIndex(mirror, folder, repository, { [name]: await Promise.all(entries) });
}

async function addIndex(
  mirror: Mirror,
  folder: string,
  repository: string,
  entries: Record<string, object[]>,
): Promise<void> {
  const index = join(folder, `${new URL(repository).hostname}.index.yaml`);
  await writeFile(index, stringify({ apiVersion: "v1", entries }));
  await mirror.addFile(`${repository}/index.yaml`, index);
}
