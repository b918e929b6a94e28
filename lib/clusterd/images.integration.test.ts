import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { builtEntry, projectRoot } from "@/lib/core/paths";
import { runCommand } from "@/lib/core/run-command";
import { startReadyLab, startTestClusterd, type TestClusterd } from "./testing";

const labId = "lab-images";
let clusterd: TestClusterd;

/** Name, image, port of its Service where it has one, and what follows on kubectl's command line. */
const pods: [name: string, image: string, port?: number, more?: string][] = [
  ["client", "curlimages/curl:8.11.1", undefined, "--command -- sleep 3600"],
  ["web", "nginx:1.27-alpine", 80],
  ["httpd", "httpd:2.4-alpine", 80],
  ["hello", "gcr.io/google-samples/hello-app:2.0", 8080],
  ["echo", "hashicorp/http-echo", 5678, "-- -text=said"],
  ["server", "nginxdemos/hello:plain-text", 80],
  ["color", "kodekloud/webapp-color", 8080, "-- --color=red"],
  ["shop", "kodekloud/ecommerce:video", 8080],
  ["whoami", "traefik/whoami", 80],
  ["agnhost", "registry.k8s.io/e2e-test-images/agnhost:2.53", 8080, "-- netexec"],
  ["redis", "redis:7-alpine", 6379],
  ["memcached", "memcached:1.6-alpine", 11_211],
  ["mysql", "mysql:8.0", 3306, "--env=MYSQL_ROOT_PASSWORD=secret --env=MYSQL_DATABASE=shop"],
  [
    "webapp",
    "kodekloud/simple-webapp-mysql",
    8080,
    "--env=DB_Host=mysql --env=DB_User=root --env=DB_Password=secret",
  ],
  ["postgres", "postgres:16-alpine", 5432, "--env=POSTGRES_PASSWORD=secret --env=POSTGRES_DB=shop"],
  ["python", "python:3.12-slim", 8000, "--command -- python3 -m http.server 8000"],
  ["fastapi", "tiangolo/uvicorn-gunicorn-fastapi:python3.11", 80],
  ["node", "node:20-alpine", undefined, "--command -- sleep 3600"],
  ["ubuntu", "ubuntu:22.04", undefined, "--command -- sleep 3600"],
  ["alpine", "alpine:3.20", undefined, "--command -- sleep 3600"],
  ["events", "kodekloud/event-simulator"],
];

beforeAll(async () => {
  clusterd = await startTestClusterd();
  await startReadyLab(clusterd.client, labId);
  const lines = pods.map(
    ([name, image, port, more = ""]) =>
      `kubectl run ${name} --image=${image}${port === undefined ? "" : ` --port=${port} --expose`} ${more} >/dev/null`,
  );
  await run(`${lines.join("\n")}\nkubectl wait --for=condition=Ready pod --all --timeout=90s >/dev/null`);
}, 400_000);

afterAll(() => clusterd?.close(), 300_000);

async function run(command: string): Promise<string> {
  const argv = ["bash", "-c", command];
  const result = await clusterd.client.call("lab.exec", { labId, node: "controlplane", argv });
  if (result.exitCode !== 0) throw new Error(`${command}: ${result.stdout}${result.stderr}`);
  return result.stdout;
}

const get = (url: string) => run(`kubectl exec client -- curl -s -m 10 http://${url}`);

test.each<[string, RegExp]>([
  ["web", /<h1>Welcome to nginx!<\/h1>/],
  ["httpd", /<h1>It works!<\/h1>/],
  ["hello:8080", /^Hello, world!\nVersion: 2\.0\.0\nHostname: hello\n$/],
  ["echo:5678", /^said\n$/],
  ["server", /^Server address: 10\.244\.\d+\.\d+:80\nServer name: server\n/],
  ["color:8080", /background: #e74c3c/],
  ["color:8080/color", /^red$/],
  ["shop:8080", /<h1>video<\/h1>/],
  ["whoami/path", /^Hostname: whoami\nIP: 127\.0\.0\.1\n[\s\S]*GET \/path HTTP\/1\.1\nHost: whoami\n/],
  ["agnhost:8080/hostname", /^agnhost$/],
  ["agnhost:8080/clientip", /^10\.244\.\d+\.\d+:\d+$/],
  ["agnhost:8080/echo?msg=a%20b", /^a b$/],
  ["python:8000", /Directory listing for \//],
  ["fastapi", /From FastAPI running on Uvicorn/],
])("%s answers as the original does", async (url, expected) => {
  expect(await get(url)).toMatch(expected);
});

test("busybox tries connections with a deadline, as a command and from its shell", async () => {
  const inAlpine = (command: string) => run(`kubectl exec alpine -- ${command} 2>&1`);
  expect(await inAlpine("wget -qO- -T 3 http://web")).toContain("Welcome to nginx!");
  expect(await inAlpine("sh -c 'wget -qO- --timeout=3 http://web'")).toContain("Welcome to nginx!");
  expect(await inAlpine("nc -zv -w 2 web 80")).toMatch(/^web \(10\.\d+\.\d+\.\d+:80\) open\n$/);
  // An address that nobody has: what is sent there gets lost.
  const lost = inAlpine(
    "sh -c 'wget -qO- -T 1 http://10.250.0.9 || echo ended with $?; nc -z -w 1 10.250.0.9 80 || echo no'",
  );
  expect(await lost).toBe("wget: download timed out\nended with 1\nno\n");
});

test("databases hold data behind the passwords of their environment", async () => {
  expect(await run("kubectl exec redis -- redis-cli ping")).toBe("PONG\n");
  expect(await run("kubectl exec mysql -- mysql -uroot -psecret -N -e 'show databases'")).toContain("shop\n");
  expect(await run("kubectl exec postgres -- psql -U postgres -d shop -tAc 'select 6 * 7'")).toBe("42\n");
  await expect.poll(() => get("webapp:8080")).toContain("Successfully connected to the MySQL database.");
});

test("languages and systems are what their tags promise", async () => {
  expect(await run("kubectl exec node -- node -p '1 + 1'")).toBe("2\n");
  expect(await run("kubectl exec ubuntu -- cat /etc/os-release")).toContain("ID=ubuntu");
  expect(await run("kubectl exec alpine -- cat /etc/os-release")).toContain("ID=alpine");
  expect(await run("kubectl logs events --tail=1")).toMatch(
    /^\[[\d-]+ [\d:]+,\d+\] \w+ in event-simulator: USER\d /,
  );
});

test("agnhost connect tells an open port from a closed one", async () => {
  await run("kubectl exec agnhost -- /agnhost connect web:80 --timeout=20s");
  await expect(run("kubectl exec agnhost -- /agnhost connect web:81 --timeout=1s")).rejects.toThrow(
    /TIMEOUT|REFUSED/,
  );
});

test("databases without a password say which variable they need", async () => {
  await run("kubectl run nopass --image=mysql:5.7; kubectl run nopg --image=postgres");
  await expect
    .poll(() => run("kubectl logs nopass; kubectl logs nopg").catch(String))
    .toMatch(/- MYSQL_ROOT_PASSWORD[\s\S]*You must specify POSTGRES_PASSWORD to a non-empty value/);
});

test("unknown tags and images fail to pull with containerd's words", async () => {
  await run("kubectl run tag --image=nginx:1.19-nope; kubectl run typo --image=ngnix");
  const events = () => run("kubectl get events");
  await expect
    .poll(events)
    .toMatch(
      /failed to resolve reference "docker\.io\/library\/nginx:1\.19-nope": docker\.io\/library\/nginx:1\.19-nope: not found/,
    );
  await expect.poll(events).toMatch(/Failed to pull image "ngnix": .*docker\.io\/library\/ngnix:latest/);
});

test("an OCI layout that `examctl image add` brings runs in a pod, until it is removed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "examctl-layout-"));
  const reference = "registry.example/team/said:1";
  const examctl = (...args: string[]) =>
    runCommand([process.execPath, builtEntry("cli/main"), "--data-dir", clusterd.labd.dataDir, ...args]);
  try {
    const files = join(folder, "files");
    await mkdir(files);
    await copyFile(join(projectRoot, "native/build/examctl-respond"), join(files, "http-echo"));
    const [layout, image] = [join(folder, "layout"), `${join(folder, "layout")}:v1`];
    await runCommand(["umoci", "init", "--layout", layout]);
    await runCommand(["umoci", "new", "--image", image]);
    await runCommand(["umoci", "insert", "--image", image, files, "/"]);
    const start = ["--config.entrypoint", "/http-echo", "--config.cmd", "-text=from a layout"];
    await runCommand(["umoci", "config", "--image", image, ...start]);
    expect((await examctl("image", "add", layout, "--as", reference)).stdout).toContain(
      `${reference} can be pulled`,
    );
    expect((await examctl("image", "list")).stdout).toMatch(new RegExp(`${reference} .* added`));
    await run(
      `kubectl run said --image=${reference} && kubectl wait --for=condition=Ready pod/said --timeout=60s`,
    );
    const ip = await run("kubectl get pod said -o jsonpath='{.status.podIP}'");
    expect(await run(`kubectl exec client -- curl -s http://${ip}:5678/`)).toBe("from a layout\n");
    await run("kubectl delete pod said --now");
  } finally {
    await examctl("image", "rm", reference);
    await rm(folder, { recursive: true, force: true });
  }
  await run(`kubectl run gone --image=${reference}`);
  await expect
    .poll(() => run("kubectl get pod gone --no-headers"), { timeout: 30_000 })
    .toMatch(/ErrImagePull|ImagePullBackOff/);
  await run("kubectl delete pod gone --now");
});
