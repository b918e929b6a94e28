import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseAllDocuments } from "yaml";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { startApi, type ApiUnderTest } from "./api-under-test";
import expectations from "./expectations.json" with { type: "json" };
import { Tally, type SetReport } from "./report";
import { collectionPath, RestMapper } from "./rest-mapper";

/** Files that are applied one after another to one new cluster; `setup` first and uncounted. */
interface Group {
  setup: string[];
  files: string[];
}

/** Every manifest of the docs, each on a new cluster, as somebody who tries one example would. */
export const checkWebsiteExamples = (upstream: string): Promise<SetReport> =>
  checkManifests(
    "website-examples",
    upstream,
    manifestsBelow(join(upstream, "website-examples")).map((file) => ({ setup: [], files: [file] })),
  );

/** The manifests of addons, those of one release together: some are the settings of others. */
export function checkAddons(upstream: string): Promise<SetReport> {
  const folder = join(upstream, "addons");
  const releases = new Map<string, string[]>();
  for (const file of manifestsBelow(folder)) {
    // MetalLB's manifests are alternatives of which a cluster takes one.
    const release = file.includes("metallb") ? file : releaseOf(file);
    releases.set(release, [...(releases.get(release) ?? []), file]);
  }
  const gatewayApi = join(
    folder,
    "github.com/kubernetes-sigs/gateway-api/releases/download/v1.6.1/standard-install.yaml",
  );
  return checkManifests(
    "addons",
    upstream,
    [...releases].map(([release, files]) => ({
      setup: release.includes("nginx-gateway-fabric") ? [gatewayApi] : [],
      files,
    })),
  );
}

/** The folder that is named for a version: ".../calico/v3.32.1/". */
const releaseOf = (file: string) => /^.*?\/(?:controller-)?v\d[^/]*\//.exec(file)?.[0] ?? file;

/** Each channel's CRDs, and the conformance suite's manifests over the experimental ones. */
export function checkGatewayApi(upstream: string): Promise<SetReport> {
  const folder = join(upstream, "gateway-api");
  const crds = (channel: string) =>
    manifestsBelow(join(folder, "crd", channel)).filter((file) => !file.endsWith("kustomization.yaml"));
  const base = join(folder, "conformance/base/manifests.yaml");
  return checkManifests("gateway-api", upstream, [
    ...["standard", "standard-v1.4.1", "experimental"].map((channel) => ({
      setup: [],
      files: crds(channel),
    })),
    {
      setup: crds("experimental"),
      files: [base, ...manifestsBelow(join(folder, "conformance/tests"))],
    },
  ]);
}

async function checkManifests(
  set: keyof typeof expectations,
  upstream: string,
  groups: Group[],
): Promise<SetReport> {
  const tally = new Tally(set, "objects", expectations[set]);
  for (const { setup, files } of groups) {
    const api = await startApi();
    const mapper = new RestMapper(api);
    try {
      for (const namespace of ["default", "kube-system"]) await addDefaultAccount(api, namespace);
      for (const { object } of inOrder(setup)) await apply(api, mapper, object);
      for (const { object, file, index } of inOrder(files)) {
        const item = `${relative(join(upstream, set), file)}#${index}`;
        tally.add(item, object instanceof Error ? object.message : await apply(api, mapper, object));
      }
    } finally {
      await api.close();
    }
  }
  return tally.finish();
}

interface Entry {
  file: string;
  /** Of the document in its file, from 1. */
  index: number;
  object: KubeObject | Error;
}

/** Namespaces and CRDs before what lies in them or is of them, otherwise in the files' order. */
function inOrder(files: string[]): Entry[] {
  const rank = ({ object }: Entry) => {
    const kind = object instanceof Error ? "" : object.kind;
    return kind === "CustomResourceDefinition" || kind === "Namespace" ? 0 : 1;
  };
  return files.flatMap(readObjects).sort((a, b) => rank(a) - rank(b));
}

/** What the Gateway API's conformance suite puts in before it applies its manifests. */
const placeholders = {
  "{GATEWAY_CLASS_NAME}": "gateway-conformance",
  "{GATEWAY_CONTROLLER_NAME}": "example.com/gateway-controller",
  PLACEHOLDER_UNUSABLE_ADDRS: "192.0.2.1",
  PLACEHOLDER_USABLE_ADDRS: "198.51.100.1",
};

function readObjects(file: string): Entry[] {
  const text = Object.entries(placeholders).reduce(
    (all, [name, value]) => all.replaceAll(name, value),
    readFileSync(file, "utf8"),
  );
  // kubectl reads YAML 1.1 as Go does: octal numbers and yes/no, but neither times nor base 60.
  const documents = parseAllDocuments(text, {
    version: "1.1",
    merge: true,
    logLevel: "error",
    customTags: (tags) =>
      tags.filter(
        (tag) =>
          typeof tag === "string" ||
          !/timestamp|TIME/i.test(`${tag.tag} ${"format" in tag ? tag.format : ""}`),
      ),
  });
  return documents
    .map(
      (document) =>
        (document.errors[0] ?? document.toJS({ maxAliasCount: 100 })) as KubeObject | Error | null,
    )
    .filter((object) => object !== null)
    .flatMap((object) =>
      !(object instanceof Error) && object.kind === "List" ? (object.items as KubeObject[]) : [object],
    )
    .map((object, at) => ({ file, index: at + 1, object }));
}

/** As `kubectl apply` does it with --validate=strict. The reason of a failure, or undefined. */
async function apply(
  api: ApiUnderTest,
  mapper: RestMapper,
  object: KubeObject | Error,
): Promise<string | undefined> {
  if (object instanceof Error) return object.message;
  const { apiVersion = "", kind = "", metadata } = object;
  const resource = await mapper.find(apiVersion, kind);
  if (!resource) return `no matches for kind "${kind}" in version "${apiVersion}"`;
  const collection = collectionPath(resource, metadata?.namespace);
  const query = "?fieldValidation=Strict&fieldManager=kubectl-client-side-apply";
  let answer = await api.send("POST", collection + query, { body: JSON.stringify(object) });
  if (answer.status === 409 && answer.body.includes('"AlreadyExists"'))
    answer = await api.send("PATCH", `${collection}/${metadata.name}${query}`, {
      body: JSON.stringify(object),
      type: "application/merge-patch+json",
    });
  if (answer.status >= 300) return (JSON.parse(answer.body) as { message: string }).message;
  if (kind === "Namespace") await addDefaultAccount(api, metadata.name);
  return undefined;
}

/** The service-account controller's work: pods need it. */
async function addDefaultAccount(api: ApiUnderTest, namespace: string): Promise<void> {
  await api.send("POST", `/api/v1/namespaces/${namespace}/serviceaccounts`, {
    body: JSON.stringify({
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "default", namespace },
    }),
  });
}

function manifestsBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
