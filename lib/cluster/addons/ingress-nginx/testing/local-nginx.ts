import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { projectRoot } from "@/lib/core/paths";
import { runCommand } from "@/lib/core/run-command";
import { Scope } from "@/lib/core/scope";

export interface LocalNginx {
  /** Starts nginx anew with these files; throws what nginx says of bad ones. */
  load(files: Record<string, string>): Promise<void>;
  /** The status and body that curl gets inside, with its arguments. */
  curl(...args: string[]): Promise<{ status: number; body: string; headers: Record<string, string> }>;
  /** The subject of the certificate that a TLS client of this host name is shown. */
  certificateSubject(host: string): Promise<string | undefined>;
  stop(): Promise<void>;
}

/** Which nginx is run. */
export interface LocalImage {
  /** Images of the catalogue, uppermost first. */
  layers: string[];
  pidFile: string;
}

const plainImage: LocalImage = { layers: ["nginx"], pidFile: "/tmp/nginx/nginx.pid" };

/**
 * The nginx of the catalogue's image in mount and network namespaces of its own, where 127.0.0.0/8 is all there is. A second
 * one serves what `backends` says, an nginx.conf.
 */
export async function startLocalNginx(
  backends: string,
  { layers, pidFile }: LocalImage = plainImage,
): Promise<LocalNginx> {
  const scope = new Scope();
  const folder = await mkdtemp(join(tmpdir(), "examctl-nginx-"));
  scope.defer(() => rm(folder, { recursive: true, force: true }));
  const lower = (await Promise.all(layers.map(imageRoot))).join(":");
  for (const name of ["upper", "work", "root"]) await mkdir(join(folder, name));
  const root = join(folder, "root");
  const child = spawn(
    "unshare",
    [
      "--mount",
      "--net",
      "--pid",
      "--fork",
      "--kill-child",
      "sh",
      "-ec",
      `mount -t tmpfs none ${folder}
       mkdir -p ${folder}/upper ${folder}/work ${root}
       mount -t overlay -o lowerdir=${lower},upperdir=${folder}/upper,workdir=${folder}/work overlay ${root}
       mount -t devtmpfs none ${root}/dev 2>/dev/null || mount --rbind /dev ${root}/dev
       mount -t proc proc ${root}/proc
       mkdir -p ${root}/tmp/nginx ${root}/etc/ingress-controller/ssl ${root}/var/log/nginx
       for log in access error; do ln -sf /dev/null ${root}/var/log/nginx/$log.log; done
       ip link set lo up
       echo ready
       exec cat`,
    ],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  scope.defer(async () => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout.once("data", () => resolve());
    child.once("exit", (code) => reject(new Error(`nginx's namespaces: exit status ${code}`)));
  });
  const inside = await childOf(child.pid!);
  const enter = ["nsenter", "--target", String(inside), "--mount", "--net", "--pid"];
  const run = (argv: string[], stdin?: string) =>
    runCommand([...enter, ...argv], { timeoutMs: 20_000, ...(stdin === undefined ? {} : { stdin }) });
  // The way there is through the process: its mounts are not this process's.
  const write = async (path: string, content: string) => {
    const target = join(`/proc/${inside}/root`, root, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content);
  };
  await write("/backends.conf", backends);
  // A daemon would keep the command's output open.
  const start = (...args: string[]) =>
    run(["chroot", root, "sh", "-c", 'exec nginx "$@" >/dev/null 2>&1', "nginx", ...args]);
  await start("-c", "/backends.conf");
  let isRunning = false;
  return {
    async load(files) {
      for (const [path, content] of Object.entries(files)) await write(path, content);
      // A reload has no moment from which on only the new configuration answers; a start has.
      if (isRunning)
        await run([
          "sh",
          "-c",
          `f=${root}${pidFile}; kill "$(cat $f)"; while [ -e $f ]; do sleep 0.02; done`,
        ]);
      isRunning = false;
      await start().catch(async (failure: unknown) => {
        await run(["chroot", root, "nginx", "-t"]);
        throw failure;
      });
      isRunning = true;
    },
    async curl(...args) {
      const { stdout } = await run(["curl", "-sSi", "--max-time", "5", ...args]);
      const [head = "", ...rest] = stdout.split("\r\n\r\n");
      const [statusLine = "", ...lines] = head.split("\r\n");
      const headers: Record<string, string> = {};
      for (const line of lines) {
        const at = line.indexOf(":");
        const name = line.slice(0, at).toLowerCase();
        const value = line.slice(at + 1).trim();
        headers[name] = name in headers ? `${headers[name]},${value}` : value;
      }
      return { status: Number(statusLine.split(" ")[1]), body: rest.join("\r\n\r\n"), headers };
    },
    async certificateSubject(host) {
      const resolve = ["--resolve", `${host}:443:127.0.0.1`];
      const { stderr } = await run(["curl", "-kvs", "-o", "/dev/null", ...resolve, `https://${host}/`]);
      return /subject: (.*)/.exec(stderr)?.[1];
    },
    stop: () => scope.close(),
  };
}

/** A name for each address at port 8080: they answer "name method uri host". */
export function namedBackends(backends: Record<string, string>): string {
  const servers = Object.entries(backends).map(
    ([address, name]) =>
      `server { listen ${address}:8080; location = /fail { return 500 "${name} failed"; } ` +
      `location / { add_header X-Seen "$http_x_forwarded_proto $http_x_real_ip $http_authorization $http_x_code"; ` +
      `return 200 "${name} $request_method $request_uri $http_host"; } }`,
  );
  return `pid /tmp/backends.pid; worker_processes 1; events {} http { access_log off; ${servers.join(" ")} }`;
}

async function imageRoot(name: string): Promise<string> {
  const folder = join(projectRoot, "var", "images");
  const found = (await readdir(folder)).filter((entry) => entry.startsWith(`${name}-`)).sort()[0];
  if (!found) throw new Error(`The image ${name} is not built: run 'npx examctl setup'.`);
  return join(folder, found, "root");
}

async function childOf(pid: number): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  return Number(children.trim().split(" ")[0]);
}
