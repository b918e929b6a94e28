import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { serveFolder } from "./file-server";
import { startHelmCluster, type HelmCluster, type HelmVersion } from "./helm";
import { startOciRegistry } from "./oci-registry";

/** What students and labs do with helm, with the charts beside this file, on a cluster whose controllers run. */
export function helmStories(version: HelmVersion): void {
  vi.setConfig({ testTimeout: 300_000 });
  const listAll = version === "3.17" ? ["list", "--all"] : ["list"];
  const rollbackOnFailure = version === "3.17" ? "--atomic" : "--rollback-on-failure";
  let t: HelmCluster;
  beforeAll(async () => {
    t = await startHelmCluster(version);
  });
  afterAll(() => t?.close());

  const history = async (release: string) =>
    (
      JSON.parse(await t.helm("history", release, "-o", "json")) as {
        revision: number;
        status: string;
        description: string;
        chart: string;
      }[]
    ).map(({ revision, status, description }) => `${revision} ${status}: ${description}`);
  const json = async <T>(...args: string[]) => JSON.parse(await t.helm(...args, "-o", "json")) as T;
  const image = (deployment: string) =>
    t.ok(["get", "deployment", deployment, "-o", "jsonpath={.spec.template.spec.containers[0].image}"]);
  const names = async (...what: string[]) =>
    (await t.ok(["get", what.join(","), "-o", "name"])).split("\n").filter((line) => line !== "");

  test("its version is the one that is meant", async () => {
    expect(await t.helm("version", "--short")).toMatch(new RegExp(`^v${version.replace(".", "\\.")}\\.`));
  });

  test("a release is installed, looked at, upgraded, rolled back and taken away", async () => {
    const installed = await t.helm("install", "blog", "./charts/web", "--wait", "--timeout", "90s");
    expect(installed).toMatch(/^STATUS: deployed$/m);
    expect(installed).toContain("blog says hello on port 80.");
    expect(t.informers.deployments.get("default", "blog-web")?.status?.availableReplicas).toBe(2);
    expect(t.informers.jobs.get("default", "blog-web-migrate")?.status?.succeeded).toBe(1);

    expect(await json<object[]>("list")).toMatchObject([
      {
        name: "blog",
        namespace: "default",
        revision: "1",
        status: "deployed",
        chart: "web-1.2.0",
        app_version: "1.27",
      },
    ]);
    expect(await t.helm("status", "blog")).toMatch(/^STATUS: deployed$/m);
    expect(await t.helm("get", "values", "blog", "--all")).toContain("greeting: hello");
    expect(await t.helm("get", "manifest", "blog")).toContain("name: blog-web");
    expect(await t.helm("get", "hooks", "blog")).toContain("helm.sh/hook: pre-install,pre-upgrade");
    expect(await t.helm("get", "notes", "blog")).toContain("blog says hello");
    expect(await t.helm("get", "all", "blog")).toContain("MANIFEST:");
    expect(await t.helm("test", "blog")).toMatch(/Phase: +Succeeded/);

    await t.helm(
      "upgrade",
      "blog",
      "./charts/web",
      "--set",
      "image=nginx:1.28,replicas=3",
      "--wait",
      "--timeout",
      "90s",
    );
    expect(await image("blog-web")).toBe("nginx:1.28");
    expect(t.informers.deployments.get("default", "blog-web")?.status?.availableReplicas).toBe(3);
    await t.helm("rollback", "blog", "1", "--wait", "--timeout", "90s");
    expect(await image("blog-web")).toBe("nginx:1.27");
    expect(await history("blog")).toEqual([
      "1 superseded: Install complete",
      "2 superseded: Upgrade complete",
      "3 deployed: Rollback to 1",
    ]);
    expect(await names("secrets")).toEqual([1, 2, 3].map((at) => `secret/sh.helm.release.v1.blog.v${at}`));

    expect(await t.helm("uninstall", "blog", "--wait")).toContain('release "blog" uninstalled');
    // Hooks are not part of the release: they stay, as upstream.
    expect((await names("deployments", "services", "configmaps", "pods", "jobs")).sort()).toEqual(
      expect.not.arrayContaining([
        expect.stringMatching(/^(deployment|service\/blog|configmap\/blog-web$)/),
      ]) as string[],
    );
    expect(await json(...listAll)).toEqual([]);
    await t.ok("delete job,pod,configmap blog-web-migrate blog-web-answers --ignore-not-found");
  });

  test("a failed test and a refused value say so", async () => {
    expect(await t.helmFails("install", "odd", "./charts/web", "--set", "replicas=-1")).toMatch(
      /values don't meet the specifications of the schema/,
    );
    await t.helm("install", "odd", "./charts/web", "--set", "check.image=exit-1,replicas=0");
    expect(await t.helmFails("test", "odd", "--timeout", "90s")).toMatch(/odd-web-answers/);
    expect(await t.helmFails("install", "odd", "./charts/web")).toMatch(
      /cannot re-use a name that is still in use|cannot reuse/,
    );
    await t.helm("uninstall", "odd");
    await t.ok("delete job,pod,configmap odd-web-migrate odd-web-answers --ignore-not-found");
  });

  // Its two short timeouts run out; hooks before and the way back after must fit in them on a busy machine too.
  test("an upgrade that does not become ready is rolled back", async () => {
    await t.helm("install", "shaky", "./charts/web", "--set", "replicas=1", "--wait", "--timeout", "90s");
    const failure = await t.helmFails(
      ...["upgrade", "shaky", "./charts/web", "--reuse-values", "--set", "image=unready"],
      ...[rollbackOnFailure, "--timeout", "20s"],
    );
    expect(failure).toMatch(/rolled back/);
    expect(await image("shaky-web")).toBe("nginx:1.27");
    const [first, second, third] = await history("shaky");
    expect(first).toBe("1 superseded: Install complete");
    expect(second).toMatch(/^2 failed: Upgrade "shaky" failed: /);
    expect(third).toBe("3 deployed: Rollback to 1");
    await t.until("the pods of the failed revision are gone", () =>
      t.informers.pods.list("default").every(({ spec }) => spec.containers[0]!.image !== "unready"),
    );

    const hook = await t.helmFails(
      "upgrade",
      "shaky",
      "./charts/web",
      "--set",
      "migration.image=exit-1",
      "--timeout",
      "90s",
    );
    expect(hook).toMatch(/pre-upgrade hooks failed/);
    expect((await history("shaky"))[3]).toMatch(/^4 failed: /);
    await t.helm("uninstall", "shaky");
    const install = await t.helmFails(
      ...[
        "install",
        "hopeless",
        "./charts/web",
        "--set",
        "image=unready",
        rollbackOnFailure,
        "--timeout",
        "15s",
      ],
    );
    expect(install).toMatch(/uninstalled/);
    expect(await json(...listAll)).toEqual([]);
  });

  test("a packaged chart with subcharts: one under another name, one that is left out", async () => {
    await t.helm("dependency", "build", "./charts/shop");
    expect(await t.helm("dependency", "list", "./charts/shop")).toMatch(
      /^web\s+>=1\.0\.0 <2\.0\.0\s+file:\/\/\.\.\/web\s+ok/m,
    );
    expect(await t.helm("lint", "./charts/shop")).toContain("0 chart(s) failed");
    await t.helm("package", "./charts/shop", "--destination", t.charts);
    const rendered = await t.helm(
      "template",
      "store",
      "./charts/shop-0.3.1.tgz",
      "--set",
      "cache.enabled=false",
    );
    expect(rendered).toContain("name: store-front");
    expect(rendered).not.toContain("store-cache");
    await t.helm(
      "install",
      "store",
      "./charts/shop-0.3.1.tgz",
      "-n",
      "sales",
      "--create-namespace",
      "--wait",
      "--timeout",
      "90s",
    );
    expect(t.informers.deployments.get("sales", "store-cache")?.metadata.labels).toEqual({
      "app.kubernetes.io/managed-by": "Helm",
      team: "sales",
    });
    expect(t.informers.deployments.get("sales", "store-front")?.status?.availableReplicas).toBe(1);
    expect(await t.ok("auth can-i list configmaps -n sales --as system:serviceaccount:sales:store")).toBe(
      "yes\n",
    );
    await t.ok([
      "patch",
      "secret",
      "store-admin",
      "-n",
      "sales",
      "-p",
      '{"stringData":{"password":"changed"}}',
    ]);
    await t.helm(
      "upgrade",
      "store",
      "./charts/shop-0.3.1.tgz",
      "-n",
      "sales",
      "--set",
      "cache.enabled=false",
    );
    await t.until("the cache is gone", () => !t.informers.deployments.get("sales", "store-cache"));
    // The chart looks its password up in the cluster.
    expect(t.informers.secrets.get("sales", "store-admin")?.data?.password).toBe(
      Buffer.from("changed").toString("base64"),
    );
    expect(await t.helm("uninstall", "store", "-n", "sales")).toContain("store-admin");
    expect(t.informers.secrets.get("sales", "store-admin")).toBeDefined();
  });

  test("a chart with a kind of its own, and hooks around its end", async () => {
    expect(await t.helm("show", "crds", "./charts/gadgets")).toContain("kind: CustomResourceDefinition");
    // Hooks of one moment run by their weight, each to its end before the next.
    const story: string[] = [];
    const release = t.informers.pods.onChange((now, old) => {
      const name = now?.metadata.name ?? "";
      if (!/^toy-[abc]-/.test(name)) return;
      if (!old) story.push(`${name} starts`);
      else if (now?.status?.phase === "Succeeded" && old.status?.phase !== "Succeeded")
        story.push(`${name} ends`);
    });
    await t.helm("install", "toy", "./charts/gadgets", "--wait", "--timeout", "90s");
    release();
    expect(story).toEqual(
      ["toy-c-first", "toy-a-second", "toy-b-third"].flatMap((name) => [`${name} starts`, `${name} ends`]),
    );
    expect(await t.ok("get gadgets --no-headers")).toMatch(/^toy +3/);
    expect(t.informers.pods.get("default", "toy-announce")).toBeUndefined();
    expect(await t.helmFails("upgrade", "toy", "./charts/gadgets", "--set", "size=0")).toMatch(
      /spec\.size.*should be greater than or equal to 1/,
    );
    await t.helm("upgrade", "toy", "./charts/gadgets", "--set", "size=5");
    expect(await t.ok("get gadget toy -o jsonpath={.spec.size}")).toBe("5");
    await t.helm("uninstall", "toy");
    expect(await t.ok("get gadgets")).toBe("");
    expect(await names("configmaps")).toContain("configmap/toy-farewell");
    expect(await names("crd")).toContain("customresourcedefinition.apiextensions.k8s.io/gadgets.example.com");
  });

  test("what would be installed is checked by the server without writing", async () => {
    const { configMaps } = t.informers;
    expect(await t.helm("install", "dry", "./charts/web", "--dry-run=server")).toContain("name: dry-web");
    expect(await t.helm("template", "dry", "./charts/web", "--validate")).toContain("name: dry-web");
    expect(configMaps.get("default", "dry-web")).toBeUndefined();
  });

  test("from an HTTP repository", async () => {
    const folder = join(t.folder, "repository");
    await mkdir(folder);
    await t.helm("package", "./charts/web", "--destination", folder);
    await t.helm("package", "./charts/web", "--version", "1.3.0", "--destination", folder);
    const server = await serveFolder(folder);
    try {
      const url = `http://${server.address}`;
      await t.helm("repo", "index", folder, "--url", url);
      await t.helm("repo", "add", "ours", url);
      await t.helm("repo", "update");
      expect(await json<object[]>("search", "repo", "ours/web", "--versions")).toMatchObject([
        { name: "ours/web", version: "1.3.0" },
        { name: "ours/web", version: "1.2.0" },
      ]);
      await t.helm("install", "remote", "ours/web", "--version", "1.2.0", "--set", "replicas=1");
      await t.helm("upgrade", "remote", "web", "--repo", url, "--reuse-values");
      expect(await json<object[]>("list", "--filter", "remote")).toMatchObject([
        { revision: "2", chart: "web-1.3.0" },
      ]);
      await t.helm("pull", "ours/web", "--untar", "--untardir", join(folder, "pulled"));
      expect(await readFile(join(folder, "pulled/web/Chart.yaml"), "utf8")).toContain("1.3.0");
      expect(await t.helmFails("install", "x", "ours/none")).toMatch(
        /not found in ours index|no chart version found/i,
      );
      await t.helm("uninstall", "remote");
    } finally {
      await server.close();
    }
  });

  test("from an OCI registry", async () => {
    const registry = await startOciRegistry();
    try {
      const reference = `oci://${registry.address}/charts`;
      const folder = join(t.folder, "oci");
      await mkdir(folder);
      await t.helm("package", "./charts/web", "--destination", folder);
      await t.helm("push", join(folder, "web-1.2.0.tgz"), reference, "--plain-http");
      expect(await t.helm("show", "chart", `${reference}/web`, "--plain-http")).toContain("version: 1.2.0");
      const installed = await t.helm(
        ...["install", "shipped", `${reference}/web`, "--version", "1.2.0", "--plain-http"],
        ...["--set", "replicas=1", "--wait", "--timeout", "90s"],
      );
      expect(installed).toMatch(/^STATUS: deployed$/m);
      expect(t.informers.deployments.get("default", "shipped-web")?.status?.availableReplicas).toBe(1);
      expect(
        await t.helmFails("install", "x", `${reference}/web`, "--version", "9.9.9", "--plain-http"),
      ).toMatch(/not found|could not locate/i);
      await t.helm("uninstall", "shipped");
    } finally {
      await registry.close();
    }
  });
}
