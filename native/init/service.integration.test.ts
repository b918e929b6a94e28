import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Scope } from "@/lib/core/scope";
import { call, request } from "../test-client";
import { binary, run, startNode, type TestNode } from "../test-node";

let scope: Scope;
let node: TestNode;
const units = "/etc/systemd/system";

/** A unit file as shell, for startNode's preparation or `run`. */
const unit = (path: string, text: string) =>
  `mkdir -p $(dirname ${path}); cat >${path} <<'UNIT'\n${text}\nUNIT\n`;
const web = unit(
  `${units}/web.service`,
  `[Unit]
Description=A web server
Documentation=https://example.com/
[Service]
Environment="GREETING=hello world" WHO=me
EnvironmentFile=-/etc/systemd/none
ExecStartPre=/bin/sh -c 'echo preparing'
ExecStart=/bin/sh -c 'echo "$GREETING from $WHO"; exec sleep 1000'
Restart=always
RestartSec=20ms
[Install]
WantedBy=multi-user.target`,
);

async function start(prepare = web): Promise<void> {
  scope = new Scope();
  node = await startNode(
    scope,
    `mkdir -p /run/tools; ln -s ${binary("examctl-node")} /run/tools/systemctl; ` +
      `ln -s ${binary("examctl-node")} /run/tools/journalctl\n${prepare}`,
  );
}
beforeEach(() => start());
afterEach(() => scope.close());

/** Runs one of the tools; its output, errors and exit code. */
async function tool(command: string): Promise<{ out: string; err: string; code: number }> {
  const values = ["arg=sh", "arg=-c", `arg=/run/tools/${command}`, "timeout_ms=20000"];
  const { connection } = await request(node.socket, "exec", values);
  const result = await connection.result();
  return { out: result.stdout.toString(), err: result.stderr.toString(), code: result.exit.exitCode };
}
const service = (name: string, action: string) =>
  call(node.socket, "service", [`name=${name}`, `action=${action}`]);

/** As shell: waits until a process has become the command. A service runs from its fork on, some time before its exec. */
const exec = (pid: string, command: string) =>
  `until test "$(tr '\\0' ' ' </proc/${pid}/cmdline)" = "${command} "; do sleep 0.01; done`;

/** Waits, by events, until the service is in a state. */
async function until(name: string, active: string): Promise<void> {
  for (let revision = "0"; (await service(name, "status")).get("active") !== active;)
    revision = (await call(node.socket, "events", [`revision=${revision}`])).get("revision")!;
}

describe("a service", () => {
  it("starts, runs with its environment, logs, and stops", async () => {
    const started = await service("web", "start");
    expect([started.get("state"), started.get("active"), started.get("sub")]).toEqual([
      "active",
      "active",
      "running",
    ]);
    await run(node, exec(started.get("pid")!, "sleep 1000"));
    const stopped = await service("web", "stop");
    expect([stopped.get("state"), stopped.get("pid")]).toEqual(["inactive", "0"]);
    const { out } = await tool("journalctl -u web --no-pager -o cat");
    const lines = out.trimEnd().split("\n");
    const ofSystemd = lines.filter((line) => line.includes("web.service"));
    expect(ofSystemd).toEqual([
      "Started web.service - A web server.",
      "Stopping web.service - A web server...",
      "web.service: Deactivated successfully.",
      "Stopped web.service - A web server.",
    ]);
    // The service may be stopped before it has said anything.
    expect(lines.filter((line) => !ofSystemd.includes(line))[0]).toBe("preparing");
  });

  it("is restarted when its process dies, with another pid", async () => {
    const pid = (await service("web", "start")).get("pid");
    const { revision } = { revision: (await call(node.socket, "events", ["timeout_ms=0"])).get("revision")! };
    await run(node, `kill -9 ${pid}`);
    await call(node.socket, "events", [`revision=${revision}`]);
    await until("web", "active");
    const status = await service("web", "status");
    expect(status.get("pid")).not.toBe(pid);
    expect(status.get("restarts")).toBe("1");
    expect((await tool("journalctl -u web --no-pager")).out).toContain(
      "web.service: Main process exited, code=killed, status=9/KILL",
    );
  });

  it("that always fails is given up after five starts in ten seconds", async () => {
    const text = "[Service]\nExecStart=/bin/sh -c 'exit 3'\nRestart=always\nRestartSec=1ms";
    await run(node, unit(`${units}/bad.service`, text));
    await service("bad", "start");
    await until("bad", "failed");
    const status = await service("bad", "status");
    expect([status.get("state"), status.get("result"), status.get("code")]).toEqual([
      "failed",
      "start-limit-hit",
      "3",
    ]);
    expect((await tool("journalctl -u bad --no-pager")).out).toContain("Start request repeated too quickly.");
    expect((await tool("journalctl -u bad -p 3 -n 1 -o cat")).out).toMatch(/^Failed to start /);
    expect((await tool("systemctl is-failed bad")).out).toBe("failed\n");
  });

  it("is started at boot when multi-user.target wants it", async () => {
    await scope.close();
    const link = `mkdir -p ${units}/multi-user.target.wants; ln -s ../web.service ${units}/multi-user.target.wants/`;
    await start(`${web}\n${link}`);
    await until("web", "active");
  });

  it("takes drop-ins, whose empty ExecStart= clears the unit's, and says when a reload is due", async () => {
    await service("web", "start");
    const dropIn = "[Service]\nExecStart=\nExecStart=/bin/sleep 2000\n";
    await run(node, unit(`${units}/web.service.d/10-more.conf`, dropIn));
    const stale = await tool("systemctl restart web");
    expect(stale.err).toContain("Run 'systemctl daemon-reload' to reload units.");
    await tool("systemctl daemon-reload");
    await tool("systemctl restart web");
    const pid = (await service("web", "status")).get("pid");
    await run(node, exec(pid!, "/bin/sleep 2000"));
  });

  it("of type oneshot has run when its start answers, and fails with its command", async () => {
    await run(
      node,
      unit(
        `${units}/once.service`,
        "[Service]\nType=oneshot\nExecStart=/bin/sleep 0.1\nExecStart=/usr/bin/touch /run/once",
      ),
    );
    expect((await service("once", "start")).get("active")).toBe("inactive");
    await run(node, "test -e /run/once");
    await run(node, unit(`${units}/wrong.service`, "[Service]\nType=oneshot\nExecStart=/bin/false"));
    const failed = await tool("systemctl start wrong");
    expect(failed.code).toBe(1);
    expect(failed.err).toContain(
      "Job for wrong.service failed because the control process exited with error code.",
    );
  });

  it("of type forking is the process that its PID file names", async () => {
    const script = "setsid sleep 1000 </dev/null >/dev/null 2>&1 & echo $! >/run/fork.pid";
    await run(
      node,
      unit(
        `${units}/fork.service`,
        `[Service]\nType=forking\nPIDFile=/run/fork.pid\nExecStart=/bin/sh -c '${script}'`,
      ),
    );
    const started = await service("fork", "start");
    expect(`${started.get("pid")}\n`).toBe(await run(node, "cat /run/fork.pid"));
    await service("fork", "stop");
    await run(node, `! kill -0 ${started.get("pid")}`);
  });

  it("that ignores SIGTERM is killed after TimeoutStopSec", async () => {
    const script = 'trap "" TERM; echo deaf; while :; do sleep 0.05; done';
    await run(
      node,
      unit(`${units}/deaf.service`, `[Service]\nTimeoutStopSec=100ms\nExecStart=/bin/sh -c '${script}'`),
    );
    await service("deaf", "start");
    while (!(await tool("journalctl -u deaf -o cat")).out.includes("deaf\n")) continue;
    const stopped = await service("deaf", "stop");
    expect(stopped.get("active")).toBe("inactive");
    expect((await tool("journalctl -u deaf -o cat")).out).toContain("timed out. Killing.");
  });

  it("takes log lines from outside in its name", async () => {
    await call(node.socket, "service-log", ["name=web", "line=said elsewhere"]);
    expect((await tool("journalctl -u web --no-pager")).out).toMatch(/ web: said elsewhere\n$/);
  });
});

describe("systemctl", () => {
  it("shows a service as the real one does", async () => {
    await tool("systemctl start web");
    await run(node, exec((await service("web", "status")).get("pid")!, "sleep 1000"));
    const { out, code } = await tool("systemctl status web --no-pager");
    expect(code).toBe(0);
    expect(out).toMatch(
      /^● web\.service - A web server\n {5}Loaded: loaded \(\/etc\/systemd\/system\/web\.service; disabled; /,
    );
    expect(out).toMatch(
      /\n {5}Active: active \(running\) since \w{3} \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \w+; \d+s ago\n/,
    );
    expect(out).toMatch(/\n {7}Docs: https:\/\/example\.com\/\n {3}Main PID: \d+ \(sleep\)\n {6}Tasks: 1\n/);
    expect(out).toMatch(/\n {5}CGroup: \/system\.slice\/web\.service\n {13}└─\d+ sleep 1000\n\n/);
    expect(out).toMatch(
      /\n\w{3} \d\d \d\d:\d\d:\d\d \S+ systemd\[1\]: Started web\.service - A web server\.\n/,
    );
  });

  it("has the exit codes that scripts rely on", async () => {
    expect(await tool("systemctl is-active web")).toEqual({ out: "inactive\n", err: "", code: 3 });
    expect((await tool("systemctl status web")).code).toBe(3);
    const missing = await tool("systemctl status nothing");
    expect([missing.code, missing.err]).toEqual([4, "Unit nothing.service could not be found.\n"]);
    expect((await tool("systemctl start nothing")).code).toBe(5);
    await tool("systemctl start web");
    expect(await tool("systemctl is-active web")).toEqual({ out: "active\n", err: "", code: 0 });
  });

  it("enables and disables by links", async () => {
    expect((await tool("systemctl is-enabled web")).out).toBe("disabled\n");
    const enabled = await tool("systemctl enable --now web");
    expect(enabled.err).toBe(
      `Created symlink ${units}/multi-user.target.wants/web.service → ${units}/web.service.\n`,
    );
    expect((await tool("systemctl is-enabled web")).out).toBe("enabled\n");
    expect((await tool("systemctl is-active web")).code).toBe(0);
    expect((await tool("systemctl disable web")).err).toContain("Removed");
    expect((await tool("systemctl is-enabled web")).code).toBe(1);
  });

  it("prints unit files with their drop-ins, and lists units", async () => {
    await run(node, unit(`${units}/web.service.d/10-more.conf`, "[Service]\nUser=root"));
    expect((await tool("systemctl cat web")).out).toMatch(
      /^# \/etc\/systemd\/system\/web\.service\n\[Unit\]\n[^]*\n# \/etc\/systemd\/system\/web\.service\.d\/10-more\.conf\n\[Service\]\n/,
    );
    await tool("systemctl start web");
    const { out } = await tool("systemctl list-units --type=service --no-pager");
    expect(out).toMatch(
      /^ {2}UNIT +LOAD +ACTIVE +SUB +DESCRIPTION\n {2}web\.service loaded active +running +A web server\n/,
    );
  });

  it("may not do what only the host may", async () => {
    const script = `printf '\\0\\0\\0\\5exec\\0' | nc -U -N /run/systemd/private || true`;
    const python = `import socket;s=socket.socket(1);s.connect('/run/systemd/private');s.send(b'\\0\\0\\0\\5exec\\0');print(s.recv(99))`;
    const output = await run(node, `python3 -c "${python}" || ${script}`);
    expect(output).toContain("forbidden");
  });
});

describe("journalctl", () => {
  it("cuts, merges and follows", async () => {
    await call(node.socket, "service-log", ["name=web", ...[1, 2, 3, 4].map((i) => `line=line ${i}`)]);
    expect((await tool("journalctl -u web -n 2 -o cat")).out).toBe("line 3\nline 4\n");
    expect((await tool("journalctl -n1 --no-pager")).out).toMatch(/^\w{3} \d\d [\d:]{8} \S+ web: line 4\n$/);
    expect((await tool("journalctl -u web -g 'line [12]' -o cat")).out).toBe("line 1\nline 2\n");
    expect((await tool("journalctl -u web --since '1 hour ago' --until yesterday")).out).toBe(
      "-- No entries --\n",
    );
    expect((await tool("journalctl -u web -p err")).out).toBe("-- No entries --\n");
    expect((await tool("journalctl -u web -p err..info -n 1 -o cat")).out).toBe("line 4\n");
    expect((await tool("journalctl -u web -p loud")).err).toBe("Unknown log level loud\n");
    const following = await request(node.socket, "exec", ["arg=/run/tools/journalctl", "arg=-fu", "arg=web"]);
    await following.connection.readUntil("line 4");
    await call(node.socket, "service-log", ["name=web", "line=line 5"]);
    await following.connection.readUntil("line 5");
    following.connection.close();
  });

  it("has no entries of a unit that never ran", async () => {
    expect((await tool("journalctl -u nothing")).out).toBe("-- No entries --\n");
  });
});
