import { spawn } from "node:child_process";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ensureKubectl, kubeconfigOf, type TestCluster } from "./testing";
import { startClusterWithRunningPod } from "./testing-running-pod";

let t: TestCluster;

beforeAll(async () => {
  t = await startClusterWithRunningPod();
}, 300_000);
afterAll(() => t?.close());

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
spec:
  replicas: 2
  selector: { matchLabels: { app: shop } }
  template:
    metadata: { labels: { app: shop } }
    spec:
      containers:
        - name: web
          image: nginx:1.27
          ports: [{ containerPort: 80 }]
`;

async function ok(args: string[], stdin?: string): Promise<string> {
  const { exitCode, stdout, stderr } = await t.kubectl(args, { stdin });
  expect(stderr.replace(/^Warning: .*\n/gm, ""), args.join(" ")).toBe("");
  expect(exitCode, args.join(" ")).toBe(0);
  return stdout;
}

async function refused(args: string[], stdin?: string): Promise<string> {
  const { exitCode, stderr } = await t.kubectl(args, { stdin });
  expect(exitCode, args.join(" ")).not.toBe(0);
  return stderr.trim();
}

const words = (line: string) => line.split(/\s+/).filter(Boolean);

describe("discovery", () => {
  test("version, api-resources, api-versions, cluster-info", async () => {
    expect(await ok(["version"])).toContain("Server Version: v1.34.5");
    const resources = (await ok(["api-resources"])).split("\n").map(words);
    expect(resources).toContainEqual(["deployments", "deploy", "apps/v1", "true", "Deployment"]);
    expect(resources).toContainEqual(["namespaces", "ns", "v1", "false", "Namespace"]);
    expect((await ok(["api-versions"])).split("\n")).toContain("networking.k8s.io/v1");
    // oxlint-disable-next-line no-control-regex
    expect((await ok(["cluster-info"])).replace(/\x1b\[[0-9;]*m/g, "")).toContain(
      `Kubernetes control plane is running at ${t.url}`,
    );
  });

  test("explain at depth", async () => {
    expect(await ok(["explain", "pod.spec.containers.image"])).toMatch(
      /FIELD: image <string>[^]*DESCRIPTION:\n +\S/,
    );
    expect(await ok(["explain", "deploy.spec.template.spec.containers.ports"])).toContain("containerPort");
    expect(await refused(["explain", "pod.spec.nothing"])).toContain('field "nothing" does not exist');
  });

  test("health", async () => {
    expect(await ok(["get", "--raw", "/readyz?verbose"])).toMatch(
      /\[\+\]etcd ok\n[^]*readyz check passed\n$/,
    );
    expect(await ok(["get", "--raw", "/livez"])).toBe("ok");
    expect(await refused(["get", "--raw", "/nowhere"])).toBe(
      "Error from server (NotFound): the server could not find the requested resource",
    );
  });
});

describe("every create command", () => {
  test.each([
    ["namespace team", "namespace/team created"],
    ["configmap settings --from-literal=mode=fast", "configmap/settings created"],
    ["secret generic pass --from-literal=key=value", "secret/pass created"],
    ["serviceaccount bot", "serviceaccount/bot created"],
    ["deployment api --image=nginx --replicas=2 --port=8080", "deployment.apps/api created"],
    ["service clusterip plain --tcp=80:8080", "service/plain created"],
    ["service nodeport outside --tcp=80:8080 --node-port=30100", "service/outside created"],
    ["ingress pay --rule=/pay=plain:80", "ingress.networking.k8s.io/pay created"],
    ["role reader --verb=get,list --resource=pods", "role.rbac.authorization.k8s.io/reader created"],
    [
      "rolebinding readers --role=reader --serviceaccount=default:bot",
      "rolebinding.rbac.authorization.k8s.io/readers created",
    ],
    [
      "clusterrole watcher --verb=watch --resource=nodes",
      "clusterrole.rbac.authorization.k8s.io/watcher created",
    ],
    [
      "clusterrolebinding watchers --clusterrole=watcher --user=jane",
      "clusterrolebinding.rbac.authorization.k8s.io/watchers created",
    ],
    ["job once --image=busybox", "job.batch/once created"],
    ["quota few --hard=pods=100", "resourcequota/few created"],
    [
      "poddisruptionbudget guard --selector=app=api --min-available=1",
      "poddisruptionbudget.policy/guard created",
    ],
    ["priorityclass urgent --value=1000", "priorityclass.scheduling.k8s.io/urgent created"],
  ])("create %s", async (command, output) => {
    expect((await ok(["create", ...command.split(" ")])).trim()).toBe(output);
    expect(await refused(["create", ...command.split(" ")])).toContain("already exists");
  });

  test("cronjob, token, autoscale, expose, run", async () => {
    expect(await ok(["create", "cronjob", "nightly", "--image=busybox", "--schedule=0 3 * * *"])).toBe(
      "cronjob.batch/nightly created\n",
    );
    expect((await ok(["create", "token", "bot"])).trim().split(".")).toHaveLength(3);
    expect(await ok(["autoscale", "deployment", "api", "--max=3"])).toContain("autoscaled");
    expect(await ok(["expose", "deployment", "api", "--port=80"])).toBe("service/api exposed\n");
    expect(await ok(["run", "one", "--image=nginx", "--labels=app=one"])).toBe("pod/one created\n");
  });
});

describe("reading", () => {
  test("get in every form", async () => {
    const wide = (await ok(["get", "pod", "shell", "-o", "wide"])).split("\n").map(words);
    expect(wide[0]!.slice(0, 7)).toEqual(["NAME", "READY", "STATUS", "RESTARTS", "AGE", "IP", "NODE"]);
    expect(wide[1]!.slice(0, 4)).toEqual(["shell", "1/1", "Running", "0"]);
    expect(await ok(["get", "pod", "shell", "-o", "name"])).toBe("pod/shell\n");
    expect(await ok(["get", "pod", "shell", "-o", "yaml"])).toMatch(
      /^apiVersion: v1\nkind: Pod\nmetadata:\n[^]*uid: /,
    );
    const json = JSON.parse(await ok(["get", "pods", "-o", "json"])) as {
      kind: string;
      items: { kind: string }[];
    };
    expect(json).toMatchObject({ kind: "List" });
    expect(json.items[0]).toMatchObject({ kind: "Pod", apiVersion: "v1" });
    expect(await ok(["get", "pod", "shell", "-o", "jsonpath={.spec.containers[0].image}"])).toBe("nginx");
    expect(
      await ok([
        "get",
        "pods",
        "-l",
        "app in (shell)",
        "-o",
        'jsonpath={range .items[*]}{.metadata.name}{"\\n"}{end}',
      ]),
    ).toBe("shell\n");
    expect(await ok(["get", "pods", "--field-selector", "spec.nodeName=node01", "-o", "name"])).toBe(
      "pod/shell\n",
    );
    expect(
      await ok(["get", "pods", "-o", "custom-columns=N:.metadata.name,I:.spec.containers[0].image"]),
    ).toMatch(/^N +I\n/);
    expect(await ok(["get", "all"])).toContain("deployment.apps/api");
    expect(await ok(["get", "pods", "-A", "--no-headers"])).toMatch(/^default +one +/m);
    expect(await ok(["get", "pods", "--sort-by=.metadata.name", "-o", "name"])).toBe("pod/one\npod/shell\n");
    expect(await ok(["get", "pods", "--show-labels"])).toContain("app=shell");
    expect(await ok(["get", "pods", "--chunk-size=1", "-o", "name"])).toBe("pod/one\npod/shell\n");
  });

  test("describe", async () => {
    expect(await ok(["describe", "pod", "shell"])).toMatch(/^Name: +shell\nNamespace: +default\n/);
    expect(await ok(["describe", "deployment", "api"])).toContain("Replicas:               2 desired");
    expect(await ok(["describe", "node", "node01"])).toContain("InternalIP:  172.30.1.11");
    expect(await ok(["describe", "service", "plain"])).toContain("Type:                     ClusterIP");
  });

  test("what is not there", async () => {
    expect(await refused(["get", "pod", "ghost"])).toBe(
      'Error from server (NotFound): pods "ghost" not found',
    );
    expect(await refused(["get", "ghosts"])).toBe('error: the server doesn\'t have a resource type "ghosts"');
    expect(await refused(["get", "pods", "--field-selector", "spec.color=red"])).toContain(
      "field label not supported: spec.color",
    );
  });
});

describe("changing", () => {
  test("apply three ways", async () => {
    expect(await ok(["apply", "-f", "-"], deployment)).toBe("deployment.apps/shop created\n");
    expect(await ok(["apply", "-f", "-"], deployment)).toBe("deployment.apps/shop unchanged\n");
    const changed = deployment.replace("replicas: 2", "replicas: 3");
    const { exitCode, stdout } = await t.kubectl(["diff", "-f", "-"], { stdin: changed });
    expect({ exitCode, replicas: stdout.match(/^[+-] {2}replicas: \d/gm) }).toEqual({
      exitCode: 1,
      replicas: ["-  replicas: 2", "+  replicas: 3"],
    });
    expect(await ok(["apply", "-f", "-"], changed)).toBe("deployment.apps/shop configured\n");
    expect(
      await ok(["get", "deploy", "shop", "-o", "jsonpath={.spec.replicas} {.metadata.generation}"]),
    ).toBe("3 2");
  });

  test("the configuration last applied: shown, set and edited without the object", async () => {
    const config = deployment.replace("name: shop", "name: last");
    await ok(["apply", "-f", "-"], config);
    const replicas = async () =>
      (await ok(["apply", "view-last-applied", "deployment/last"])).match(/replicas: \d/)?.[0];
    expect(await replicas()).toBe("replicas: 2");
    const more = config.replace("replicas: 2", "replicas: 5");
    expect(await ok(["apply", "set-last-applied", "-f", "-"], more)).toBe(
      "deployment.apps/last configured\n",
    );
    expect(await replicas()).toBe("replicas: 5");
    const env = { KUBE_EDITOR: "sed -i s/5/7/" };
    const edited = await t.kubectl(["apply", "edit-last-applied", "deployment/last"], { env });
    expect(edited).toMatchObject({ exitCode: 0, stdout: "deployment.apps/last edited\n" });
    expect(await replicas()).toBe("replicas: 7");
    expect(await ok(["get", "deploy", "last", "-o", "jsonpath={.spec.replicas}"])).toBe("2");
    await ok(["create", "configmap", "never-applied"]);
    const plain = await ok(["get", "configmap", "never-applied", "-o", "yaml"]);
    expect(await refused(["apply", "set-last-applied", "-f", "-"], plain)).toContain(
      "no last-applied-configuration annotation found on resource: never-applied",
    );
  });

  test("set subject of a binding", async () => {
    await ok(["create", "role", "looker", "--verb=list", "--resource=pods"]);
    await ok(["create", "rolebinding", "lookers", "--role=looker", "--user=ann"]);
    const subjects = ["--user=joe", "--group=developers", "--serviceaccount=default:ci"];
    expect(await ok(["set", "subject", "rolebinding", "lookers", ...subjects])).toBe(
      "rolebinding.rbac.authorization.k8s.io/lookers subjects updated\n",
    );
    expect(
      await ok(["get", "rolebinding", "lookers", "-o", "jsonpath={.subjects[*].kind} {.subjects[*].name}"]),
    ).toBe("User User Group ServiceAccount ann joe developers ci");
    expect(await ok(["auth", "can-i", "list", "pods", "--as=joe"])).toBe("yes\n");
  });

  test("server-side apply and its conflicts", async () => {
    const config = deployment.replace("name: shop", "name: ssa");
    expect(await ok(["apply", "--server-side", "-f", "-"], config)).toBe(
      "deployment.apps/ssa serverside-applied\n",
    );
    await ok(["scale", "deployment", "ssa", "--replicas=5"]);
    expect(await refused(["apply", "--server-side", "-f", "-"], config)).toMatch(
      /Apply failed with 1 conflict: conflict with "kubectl" with subresource "scale" using apps\/v1: \.spec\.replicas/,
    );
    expect(await ok(["apply", "--server-side", "--force-conflicts", "-f", "-"], config)).toContain(
      "serverside-applied",
    );
    expect(await ok(["get", "deploy", "ssa", "-o", "jsonpath={.spec.replicas}"])).toBe("2");
    await ok(["apply", "--server-side", "-f", "-"], config.replace(/ports: .*/, ""));
    expect(
      await ok(["get", "deploy", "ssa", "-o", "jsonpath={.spec.template.spec.containers[0].ports}"]),
    ).toBe("");
  });

  test("patches", async () => {
    const image = ["get", "deploy", "shop", "-o", "jsonpath={.spec.template.spec.containers[*].image}"];
    await ok([
      "patch",
      "deploy",
      "shop",
      "-p",
      '{"spec":{"template":{"spec":{"containers":[{"name":"side","image":"busybox"}]}}}}',
    ]);
    expect((await ok(image)).split(" ").sort()).toEqual(["busybox", "nginx:1.27"]);
    await ok([
      "patch",
      "deploy",
      "shop",
      "--type=json",
      "-p",
      '[{"op":"replace","path":"/spec/replicas","value":1}]',
    ]);
    await ok(["patch", "deploy", "shop", "--type=merge", "-p", '{"metadata":{"labels":{"tier":"front"}}}']);
    expect(await ok(["get", "deploy", "-l", "tier=front", "-o", "jsonpath={.items[0].spec.replicas}"])).toBe(
      "1",
    );
    expect(
      await refused([
        "patch",
        "deploy",
        "shop",
        "--type=json",
        "-p",
        '[{"op":"remove","path":"/spec/nothing"}]',
      ]),
    ).toContain("remove operation does not apply");
  });

  test("edit", async () => {
    const editor = join(t.folder, "editor.sh");
    await writeFile(editor, '#!/bin/sh\nsed -i "s/replicas: 1/replicas: 4/" "$1"\n');
    await chmod(editor, 0o755);
    const { stdout, stderr } = await t.kubectl(["edit", "deploy", "shop"], { env: { KUBE_EDITOR: editor } });
    expect(stderr + stdout).toBe("deployment.apps/shop edited\n");
    expect(await ok(["get", "deploy", "shop", "-o", "jsonpath={.spec.replicas}"])).toBe("4");
  });

  test("label, annotate, set, scale, rollout restart", async () => {
    expect(await ok(["label", "pod", "shell", "role=tool"])).toBe("pod/shell labeled\n");
    expect(await ok(["label", "pod", "shell", "role-"])).toBe("pod/shell unlabeled\n");
    expect(await ok(["annotate", "pod", "shell", "why=test"])).toBe("pod/shell annotated\n");
    expect(await ok(["set", "image", "deploy/shop", "web=nginx:1.28"])).toBe(
      "deployment.apps/shop image updated\n",
    );
    expect(await ok(["scale", "deploy/shop", "--replicas=0"])).toBe("deployment.apps/shop scaled\n");
    expect(await ok(["rollout", "restart", "deploy/shop"])).toBe("deployment.apps/shop restarted\n");
  });

  test("nodes: cordon, taint, uncordon", async () => {
    expect(await ok(["cordon", "node01"])).toBe("node/node01 cordoned\n");
    expect(await ok(["get", "nodes"])).toContain("SchedulingDisabled");
    expect(await ok(["taint", "node", "node01", "a=b:NoSchedule"])).toBe("node/node01 tainted\n");
    expect(await ok(["taint", "node", "node01", "a-"])).toBe("node/node01 untainted\n");
    expect(await ok(["uncordon", "node01"])).toBe("node/node01 uncordoned\n");
  });

  test("unknown fields are refused, or warned of", async () => {
    const odd = JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "odd" }, dat: {} });
    expect(await refused(["apply", "-f", "-"], odd)).toBe(
      'Error from server (BadRequest): error when creating "STDIN": ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "dat"',
    );
    const { stdout, stderr } = await t.kubectl(["apply", "--validate=warn", "-f", "-"], { stdin: odd });
    expect(stderr).toBe('Warning: unknown field "dat"\n');
    expect(stdout).toBe("configmap/odd created\n");
  });

  test("dry run stores nothing", async () => {
    expect(await ok(["create", "cm", "dry", "--dry-run=server"])).toBe(
      "configmap/dry created (server dry run)\n",
    );
    expect(await refused(["get", "cm", "dry"])).toContain("not found");
  });

  test("replace --force and delete", async () => {
    expect(await ok(["replace", "--force", "-f", "-"], deployment)).toContain(
      "deployment.apps/shop replaced",
    );
    expect(await ok(["delete", "deploy", "shop", "ssa"])).toMatch(/"shop" deleted[^]*"ssa" deleted/);
    expect(await ok(["delete", "cm", "-l", "nothing=here"])).toBe("No resources found\n");
    expect(await ok(["delete", "ns", "team", "--wait=false"])).toBe('namespace "team" deleted\n');
    expect(await ok(["get", "ns", "team", "-o", "jsonpath={.status.phase}"])).toBe("Terminating");
    expect(await refused(["create", "cm", "late", "-n", "team"])).toContain(
      "unable to create new content in namespace team because it is being terminated",
    );
    expect(await refused(["delete", "ns", "kube-system"])).toContain("this namespace may not be deleted");
  });
});

describe("waiting", () => {
  test("wait and watch hear a change", async () => {
    await ok(["create", "cm", "bell"]);
    const program = await ensureKubectl();
    const watch = spawn(program, ["get", "cm", "bell", "-w", "-o", "jsonpath={.data.rung}{'\\n'}"], {
      env: { ...process.env, KUBECONFIG: t.kubeconfig },
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      const heard = new Promise<void>((resolve) => {
        watch.stdout.on("data", (chunk: Buffer) => {
          if (chunk.toString().includes("yes")) resolve();
        });
      });
      const waited = ok(["wait", "--for=jsonpath={.data.rung}=yes", "cm/bell", "--timeout=90s"]);
      await ok(["patch", "cm", "bell", "--type=merge", "-p", '{"data":{"rung":"yes"}}']);
      expect(await waited).toBe("configmap/bell condition met\n");
      await heard;
    } finally {
      watch.kill();
    }
    expect(await ok(["wait", "--for=condition=Ready", "node/node01", "--timeout=90s"])).toBe(
      "node/node01 condition met\n",
    );
  });
});

describe("identity", () => {
  test("auth can-i, whoami, impersonation and Forbidden", async () => {
    const asBot = "--as=system:serviceaccount:default:bot";
    expect(await ok(["auth", "can-i", "list", "pods", asBot])).toBe("yes\n");
    expect((await t.kubectl(["auth", "can-i", "delete", "pods", asBot])).stdout).toBe("no\n");
    expect((await ok(["auth", "can-i", "--list", asBot])).split("\n").map(words)).toContainEqual([
      "pods",
      "[]",
      "[]",
      "[get",
      "list]",
    ]);
    expect(await ok(["auth", "whoami"])).toMatch(
      /Username +kubernetes-admin\nGroups +\[system:masters system:authenticated\]/,
    );
    expect(await refused(["get", "secrets", "--as=jane"])).toBe(
      'Error from server (Forbidden): secrets is forbidden: User "jane" cannot list resource "secrets" in API group "" in the namespace "default"',
    );
  });

  test("a token is an identity", async () => {
    const token = (await ok(["create", "token", "bot"])).trim();
    const kubeconfig = join(t.folder, "bot.kubeconfig");
    await writeFile(kubeconfig, kubeconfigOf(t.url, t.ca, { token }));
    const as = (args: string[]) => t.kubectl(args, { env: { KUBECONFIG: kubeconfig } });
    expect((await as(["get", "pods", "-o", "name"])).stdout).toContain("pod/shell");
    expect((await as(["delete", "pod", "shell"])).stderr).toContain(
      'User "system:serviceaccount:default:bot" cannot delete resource "pods"',
    );
  });
});
