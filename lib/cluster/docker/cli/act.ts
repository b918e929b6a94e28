import { DockerError } from "../engine/docker-error";
import { readLog } from "../engine/read-log";
import type { ContainerState } from "../engine/state";
import { forEach, needArguments, type DockerCall, type DockerCommand } from "./command";
import { parseFlags } from "./flags";
import { attachTo, startAttached } from "./run";

export const start: DockerCommand = async (call, argv) => {
  const flags = parseFlags(argv, { "attach,a": "switch", "interactive,i": "switch" });
  needArguments(call, flags.words, 1);
  if (flags.has("attach") || flags.has("interactive")) {
    const container = call.engine.mustFind(flags.words[0]!);
    return container.status === "running" ? attachTo(call, container) : startAttached(call, container);
  }
  return forEach(call, flags.words, (word) => call.engine.start(call.engine.mustFind(word)));
};

export const stop: DockerCommand = async (call, argv) => {
  const flags = parseFlags(argv, { "time,t": "value", timeout: "value", "signal,s": "value" });
  needArguments(call, flags.words, 1);
  return forEach(call, flags.words, (word) =>
    call.engine.stop(call.engine.mustFind(word), seconds(flags.value("time"))),
  );
};

export const restart: DockerCommand = async (call, argv) => {
  const flags = parseFlags(argv, { "time,t": "value", "signal,s": "value" });
  needArguments(call, flags.words, 1);
  return forEach(call, flags.words, async (word) => {
    const container = call.engine.mustFind(word);
    await call.engine.stop(container, seconds(flags.value("time")));
    await call.engine.start(container);
  });
};

function seconds(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Math.min(Math.max(Number(text) || 0, 0), 300) * 1000;
}

export const kill: DockerCommand = async (call, argv) => {
  const flags = parseFlags(argv, { "signal,s": "value" });
  needArguments(call, flags.words, 1);
  const signal = (flags.value("signal") ?? "KILL").toUpperCase().replace(/^SIG/, "");
  if (!/^(\d{1,2}|[A-Z]{2,7}[0-9]?)$/.test(signal)) throw new DockerError(`invalid signal: ${signal}`, 1);
  return forEach(call, flags.words, (word) => call.engine.kill(call.engine.mustFind(word), signal));
};

export const remove: DockerCommand = async (call, argv) => {
  const flags = parseFlags(argv, { "force,f": "switch", "volumes,v": "switch", "link,l": "switch" });
  needArguments(call, flags.words, 1);
  return forEach(call, flags.words, async (word) => {
    const container = call.engine.mustFind(word);
    if (container.status === "running" && !flags.has("force"))
      throw new DockerError(
        `cannot remove container "/${container.name}": container is running: stop the container before removing or force remove`,
        1,
      );
    const release = call.engine.hold(container.id);
    try {
      await call.engine.stop(container, 0);
      await call.engine.remove(container);
    } finally {
      await release();
    }
  });
};

export const wait: DockerCommand = async (call, argv) => {
  const { words } = parseFlags(argv, {});
  needArguments(call, words, 1);
  for (const word of words)
    call.session.printOut(String(await call.engine.ended(call.engine.mustFind(word), call.session.signal)));
};

export const rename: DockerCommand = async (call, argv) => {
  const { words } = parseFlags(argv, {});
  needArguments(call, words, 2, 2);
  const [reference, name] = words as [string, string];
  if (!/^\/?[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name))
    throw new DockerError(`Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`, 1);
  await call.engine.rename(call.engine.mustFind(reference), name.replace(/^\//, ""));
};

export const attach: DockerCommand = async (call, argv) => {
  const { words } = parseFlags(argv, { "no-stdin": "switch", "sig-proxy": "switch", "detach-keys": "value" });
  needArguments(call, words, 1, 1);
  const container = call.engine.mustFind(words[0]!);
  if (container.status !== "running")
    throw new DockerError("cannot attach to a stopped container, start it first", 1);
  return attachTo(call, container);
};

const crun = ["/usr/bin/crun", "--root=/run/crun", "--cgroup-manager=disabled", "exec"];

export const exec: DockerCommand = async (call, argv) => {
  const { session, engine } = call;
  const flags = parseFlags(
    argv,
    {
      ...{ "detach,d": "switch", "interactive,i": "switch", "tty,t": "switch", privileged: "switch" },
      ...{ "env,e": "list", "workdir,w": "value", "user,u": "value", "detach-keys": "value" },
    },
    { stopAtWord: true },
  );
  needArguments(call, flags.words, 2);
  const [reference, ...command] = flags.words as [string, ...string[]];
  const container = engine.mustFind(reference);
  if (container.status !== "running") throw new DockerError(`container ${container.id} is not running`, 1);
  if (!(await hasProgram(call, container, command[0]!)))
    return session.fail(
      127,
      `OCI runtime exec failed: exec failed: unable to start container process: exec: ${JSON.stringify(command[0])}: ${command[0]!.includes("/") ? `stat ${command[0]}: no such file or directory` : "executable file not found in $PATH"}: unknown`,
    );
  const user = flags.value("user") === "root" ? "0" : flags.value("user");
  const argvInside = [
    ...crun,
    ...(flags.has("tty") ? ["--tty"] : []),
    ...(flags.value("workdir") ? ["--cwd", flags.value("workdir")!] : []),
    ...(user ? ["--user", user] : []),
    ...environmentOf(container, flags.list("env"), flags.has("tty")).flatMap((text) => ["--env", text]),
    ...[container.id, ...command],
  ];
  if (flags.has("detach"))
    return void (await engine.host.exec([
      ...["/bin/sh", "-c", 'setsid "$@" </dev/null >/dev/null 2>&1 &', "docker"],
      ...argvInside,
    ]));
  const hasInput = flags.has("tty") || flags.has("interactive");
  await session.become(
    hasInput ? argvInside : ["/bin/sh", "-c", 'exec "$@" </dev/null', "docker", ...argvInside],
  );
};

/** Links count: they lead somewhere in the container, and elsewhere from here. */
const findProgram = `
root=/proc/$1/root
case $2 in */*) [ -e "$root$2" ] || [ -L "$root$2" ]; exit ;; esac
IFS=:
for folder in $3; do [ -e "$root$folder/$2" ] || [ -L "$root$folder/$2" ] && exit 0; done
exit 1
`;

async function hasProgram(
  { engine }: DockerCall,
  container: ContainerState,
  program: string,
): Promise<boolean> {
  if (program.includes("/") && !program.startsWith("/")) return true; // of the working directory
  const path = container.env.find((text) => text.startsWith("PATH="))?.slice("PATH=".length) ?? "";
  const pid = String(engine.pidOf(container.id));
  const { exitCode } = await engine.host.exec(["sh", "-c", findProgram, "find", pid, program, path]);
  return exitCode === 0;
}

function environmentOf(container: ContainerState, given: string[], tty: boolean): string[] {
  const values = new Map<string, string>();
  const own = [`HOSTNAME=${container.hostname}`, "HOME=/root", ...(tty ? ["TERM=xterm"] : [])];
  for (const text of [...own, ...container.env, ...given]) {
    const at = text.indexOf("=");
    if (at > 0) values.set(text.slice(0, at), text.slice(at + 1));
  }
  return [...values].map(([key, value]) => `${key}=${value}`);
}

const followEveryMs = 250;

export const logs: DockerCommand = async (call, argv) => {
  const { session, engine, clock } = call;
  const flags = parseFlags(argv, {
    ...{ "follow,f": "switch", "tail,n": "value", "timestamps,t": "switch", details: "switch" },
    ...{ since: "value", until: "value" },
  });
  needArguments(call, flags.words, 1, 1);
  const container = engine.mustFind(flags.words[0]!);
  const tail = flags.value("tail") ?? "all";
  if (tail !== "all" && !/^-?\d+$/.test(tail)) throw new DockerError(`invalid tail value: ${tail}`, 1);
  let read = 0;
  for (let isFirst = true; ; isFirst = false) {
    const isLast = !flags.has("follow") || container.status !== "running" || session.signal.aborted;
    const all = await readLog(engine.host, container.id, read + 1);
    read += all.length;
    const count = Number(tail);
    const entries =
      isFirst && tail !== "all" && count >= 0 ? all.slice(all.length - Math.min(count, all.length)) : all;
    for (const { stream, text, time } of entries) {
      const line = `${flags.has("timestamps") ? `${time} ` : ""}${text.replace(/\n$/, "")}`;
      if (stream === "stderr") session.print(line);
      else session.printOut(line);
    }
    if (isLast) return;
    await clock.sleep(followEveryMs, session.signal).catch(() => undefined);
  }
};

export const port: DockerCommand = async (call, argv) => {
  const { words } = parseFlags(argv, {});
  needArguments(call, words, 1, 2);
  const [reference, wanted] = words as [string, string | undefined];
  const container = call.engine.mustFind(reference);
  const inside = wanted === undefined ? undefined : wanted.includes("/") ? wanted : `${wanted}/tcp`;
  const lines = container.bindings.flatMap(({ hostIp, hostPort, containerPort, protocol }) => {
    const from = `${containerPort}/${protocol}`;
    if (inside !== undefined && inside !== from) return [];
    const hosts = hostIp === "" || hostIp === "0.0.0.0" ? ["0.0.0.0", "[::]"] : [hostIp];
    return hosts.map((host) => (inside === undefined ? `${from} -> ` : "") + `${host}:${hostPort}`);
  });
  if (inside !== undefined && lines.length === 0)
    return call.session.fail(1, `Error: No public port '${inside}' published for ${reference}`);
  lines.forEach((line) => call.session.printOut(line));
};

export const top: DockerCommand = async (call, argv) => {
  const { words } = parseFlags(argv, {}, { stopAtWord: true });
  needArguments(call, words, 1);
  const container = call.engine.mustFind(words[0]!);
  if (container.status !== "running") throw new DockerError(`container ${container.id} is not running`, 1);
  const script =
    'space=$(readlink "/proc/$1/ns/pid"); pids=$(for p in /proc/[0-9]*; do [ "$(readlink "$p/ns/pid")" = "$space" ] && echo "${p#/proc/}"; done); ps -o uid,pid,ppid,c,stime,tty,time,cmd -p $(echo $pids | tr " " ,)';
  const { stdout } = await call.engine.host.exec([
    "sh",
    "-c",
    script,
    "top",
    String(call.engine.pidOf(container.id)),
  ]);
  call.session.printOut(stdout.trimEnd());
};
