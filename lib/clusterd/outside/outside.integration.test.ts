import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodesReady, startAddonLab, type AddonLab } from "@/lib/cluster/addons/testing";
import { startTestClusterd, type TestClusterd } from "@/lib/clusterd/testing";
import { eventually } from "@/lib/core/testing";
import { addChart } from "@/lib/mirror/add-chart";
import { addRepository } from "@/lib/mirror/add-repository";
import { Mirror } from "@/lib/mirror/mirror";

let clusterd: TestClusterd;
let lab: AddonLab;
let scratch: string;
let mirror: Mirror;

beforeAll(async () => {
  clusterd = await startTestClusterd();
  mirror = new Mirror(join(clusterd.labd.dataDir, "mirror"));
  scratch = mkdtempSync(join(tmpdir(), "examctl-outside-"));
  // No network: the student is to bring one from its public URL.
  lab = await startAddonLab(clusterd, "outside", [{ name: "kube-proxy" }, { name: "coredns" }]);
}, 400_000);
afterAll(async () => {
  await clusterd?.close();
  if (scratch) rmSync(scratch, { recursive: true, force: true });
}, 300_000);

describe("names", () => {
  test("a mirrored host has an address, a dead one does not exist, all others are out of reach", async () => {
    const address = await lab.run("dig +short github.com");
    expect(address).toMatch(/^198\.1[89]\.\d+\.\d+\n$/);
    expect(await lab.run("dig +tcp +short github.com")).toBe(address);
    expect(await lab.run("dig +short raw.githubusercontent.com")).not.toBe(address);
    expect(await lab.run("dig cloud.weave.works")).toContain("status: NXDOMAIN");
    expect(await lab.run("dig web.payroll")).toContain("status: NXDOMAIN");
    expect(await lab.run("dig -x 172.30.7.10")).toContain("status: NXDOMAIN");
    expect(await lab.run("dig example.com")).toContain("status: SERVFAIL");
    expect(await lab.try("curl -sS https://example.com", "node01")).toContain(
      "Could not resolve host: example.com",
    );
  });

  test("a host is known by its address, where the request and the handshake name no host", async () => {
    const file = join(scratch, "index.txt");
    writeFileSync(file, "the shop's own page\n");
    await mirror.addFile("https://shop.example/index.txt", file);
    const address = (await lab.run("dig +short shop.example")).trim();
    const page = (url: string, host: string) => lab.run(`curl -sk -H 'Host: ${host}' ${url}/index.txt`);
    expect(await page(`http://${address}`, "localhost")).toBe("the shop's own page\n");
    expect(await page(`https://${address}`, address)).toBe("the shop's own page\n");
    expect(await page(`http://${address}`, "github.com")).toBe("404: Not Found");
    expect(await lab.run(`openssl s_client -connect ${address}:443 -noservername </dev/null 2>&1`)).toContain(
      "subject=CN = shop.example",
    );
  });

  test("nobody answers at the gateway's own address, or at one that no host has", async () => {
    expect(await lab.try("curl -sS -m 5 http://198.18.255.254/")).toMatch(
      /Empty reply|reset by peer|Send failure/,
    );
    const gateway = (await lab.run("ip route show default")).split(" ")[2]!;
    expect(await lab.try(`curl -sS -m 5 http://${gateway}/`)).toMatch(
      /Failed to connect|Empty reply|reset by peer|Send failure/,
    );
  });

  test("addresses outside the lab are not reached", async () => {
    // Refused at once: had they waited for their nine seconds, they would speak of time and not of the host.
    expect(await lab.try("ping -c1 -W9 192.0.2.1; curl -v -m 9 http://192.0.2.1/")).toMatch(
      /Destination Host Unreachable[^]*No route to host/,
    );
  });
});

describe("manifests", () => {
  test("the dead URL of the Weave manifest fails as it does everywhere", async () => {
    const url = `"https://cloud.weave.works/k8s/net?k8s-version=$(kubectl version | base64 | tr -d '\\n')"`;
    expect(await lab.try(`kubectl apply -f ${url}`)).toMatch(/lookup cloud\.weave\.works.*no such host/);
  });

  test("Weave from its release makes the nodes ready", async () => {
    expect(await nodesReady(lab)).toBe("False False ");
    const url = "https://github.com/weaveworks/weave/releases/download/v2.8.1/weave-daemonset-k8s.yaml";
    expect(await lab.run(`kubectl apply -f ${url}`)).toContain("daemonset.apps/weave-net created");
    expect(
      await eventually(
        () => nodesReady(lab),
        (states) => states === "True True ",
        90_000,
      ),
    ).toBe("True True ");
  });

  test("the local path provisioner from its repository makes the volume of a pod's claim", async () => {
    const url =
      "https://raw.githubusercontent.com/rancher/local-path-provisioner/v0.0.31/deploy/local-path-storage.yaml";
    expect(await lab.run(`kubectl apply -f ${url}`)).toContain(
      "storageclass.storage.k8s.io/local-path created",
    );
    await lab.apply(`
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: kept }
spec: { accessModes: [ReadWriteOnce], storageClassName: local-path, resources: { requests: { storage: 1Mi } } }
---
apiVersion: v1
kind: Pod
metadata: { name: keeper }
spec:
  containers: [{ name: keeper, image: busybox, command: [sleep, "3600"], volumeMounts: [{ name: kept, mountPath: /kept }] }]
  volumes: [{ name: kept, persistentVolumeClaim: { claimName: kept } }]
`);
    await lab.run("kubectl wait --for=condition=Ready pod/keeper --timeout=90s");
    expect(await lab.run("kubectl get pvc kept -o jsonpath='{.status.phase}'")).toBe("Bound");
  });

  test("a URL without a manifest is not found, one that is added is", async () => {
    const url = "https://raw.githubusercontent.com/class/labs/main/settings.yaml";
    expect(await lab.try(`kubectl apply -f ${url}`)).toContain("404 Not Found");
    const file = join(scratch, "settings.yaml");
    writeFileSync(file, "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings }\n");
    await mirror.addFile(url, file);
    expect(await lab.run(`kubectl apply -f ${url}`)).toBe("configmap/settings created\n");
    expect(
      await lab.run("curl -sS http://raw.githubusercontent.com/class/labs/main/settings.yaml"),
    ).toContain("ConfigMap");
  });

  test("images that have certificate authorities trust the world outside, others have none", async () => {
    const url = "https://shop.example/index.txt";
    const inPod = (image: string, command: string) =>
      lab.try(
        `kubectl run trust-$RANDOM --image=${image} --restart=Never --rm -i --quiet --pod-running-timeout=60s --command -- sh -c '${command}'`,
      );
    expect(await inPod("curlimages/curl", `curl -sS ${url}`)).toContain("the shop's own page");
    expect(await inPod("busybox", "ls /etc/ssl/certs/ca-certificates.crt")).toContain("No such file");
  });

  test("pods find the same world through CoreDNS", async () => {
    await lab.run("kubectl -n kube-system rollout status deploy/coredns --timeout=60s");
    await lab.run(
      "kubectl run probe --image=curlimages/curl --restart=Never --command -- sleep 3600 && kubectl wait --for=condition=Ready pod/probe --timeout=60s",
    );
    expect(
      await lab.try("kubectl exec probe -- curl -sSk -o /dev/null -w '%{http_code}' https://github.com/"),
    ).toBe("404");
    expect(await lab.try("kubectl exec probe -- nslookup cloud.weave.works")).toContain("NXDOMAIN");
  });
});

describe("repositories", () => {
  const chart = () => {
    const folder = join(scratch, "greeter");
    mkdirSync(join(folder, "templates"), { recursive: true });
    writeFileSync(join(folder, "Chart.yaml"), "apiVersion: v2\nname: greeter\nversion: 1.2.3\n");
    writeFileSync(
      join(folder, "templates/map.yaml"),
      "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: '{{ .Release.Name }}' }\n",
    );
    const path = join(scratch, "greeter-1.2.3.tgz");
    execFileSync("tar", ["-czf", path, "-C", scratch, "greeter"]);
    return path;
  };

  test("helm installs from a registry and from a repository", async () => {
    const path = chart();
    expect(await addChart(mirror, "oci://ghcr.io/class/charts", path)).toBe(
      "oci://ghcr.io/class/charts/greeter:1.2.3",
    );
    expect(await lab.run("helm install one oci://ghcr.io/class/charts/greeter --version 1.2.3")).toContain(
      "STATUS: deployed",
    );
    expect(await lab.try("helm install other oci://ghcr.io/class/charts/absent --version 1.2.3")).toMatch(
      /not found|unknown/i,
    );
    const index = join(scratch, "index.yaml");
    writeFileSync(
      index,
      "apiVersion: v1\nentries:\n  greeter:\n    - { apiVersion: v2, name: greeter, version: 1.2.3, urls: [greeter-1.2.3.tgz] }\n",
    );
    await mirror.addFile("https://charts.class.example/index.yaml", index);
    await mirror.addFile("https://charts.class.example/greeter-1.2.3.tgz", path);
    expect(await lab.run("helm install two greeter --repo https://charts.class.example")).toContain(
      "STATUS: deployed",
    );
    expect(await lab.run("kubectl get configmap one two -o name")).toBe("configmap/one\nconfigmap/two\n");
  });

  test("the charts that people add by helm repo add are here, and the API takes what they make", async () => {
    const repositories = {
      "ingress-nginx": "https://kubernetes.github.io/ingress-nginx",
      metallb: "https://metallb.github.io/metallb",
      "metrics-server": "https://kubernetes-sigs.github.io/metrics-server/",
      traefik: "https://traefik.github.io/charts",
    };
    for (const [name, url] of Object.entries(repositories)) {
      expect(await lab.run(`helm repo add ${name} ${url}`)).toContain("has been added");
      expect(
        await lab.run(`helm template my ${name}/${name} | kubectl apply --dry-run=server -f -`),
        name,
      ).toMatch(/created \(server dry run\)/);
    }
    expect(await lab.run("helm search repo metallb")).toContain("metallb/metallb");
    expect(await lab.run("helm template my ingress-nginx/ingress-nginx --version 4.8.3")).toContain(
      "image: registry.k8s.io/ingress-nginx/controller:v1.9.4",
    );
    await lab.run("helm repo add nginx-stable https://helm.nginx.com/stable && helm repo update");
  });

  test("kubectl kustomize builds from a git repository at a tag", async () => {
    const folder = join(scratch, "work");
    mkdirSync(join(folder, "config/base"), { recursive: true });
    writeFileSync(join(folder, "config/base/kustomization.yaml"), "resources: [map.yaml]\nnamePrefix: v1-\n");
    writeFileSync(
      join(folder, "config/base/map.yaml"),
      "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: from-git }\n",
    );
    const git = (...args: string[]) =>
      execFileSync("git", ["-C", folder, "-c", "user.name=a", "-c", "user.email=a@b", ...args], {
        stdio: "pipe",
      });
    git("init", "--quiet");
    git("add", ".");
    git("commit", "--quiet", "-m", "first");
    git("tag", "v1.0.0");
    await addRepository(mirror, "git+https://github.com/class/labs", folder);
    const built = await lab.run('kubectl kustomize "https://github.com/class/labs/config/base?ref=v1.0.0"');
    expect(built).toContain("name: v1-from-git");
    expect(await lab.try('kubectl kustomize "https://github.com/class/other/config?ref=v1.0.0"')).toMatch(
      /not found/i,
    );
  });

  test("what was added is listed and can be taken away", async () => {
    const urls = async () => (await mirror.list()).map(({ url }) => url);
    expect(await urls()).toEqual([
      "git+https://github.com/class/labs.git",
      "https://charts.class.example/greeter-1.2.3.tgz",
      "https://charts.class.example/index.yaml",
      "https://raw.githubusercontent.com/class/labs/main/settings.yaml",
      "https://shop.example/index.txt",
      "oci://ghcr.io/class/charts/greeter:1.2.3",
    ]);
    expect(await mirror.remove("https://charts.class.example/index.yaml")).toBe(true);
    expect(await mirror.remove("https://charts.class.example/index.yaml")).toBe(false);
    expect(await urls()).not.toContain("https://charts.class.example/index.yaml");
  });
});
