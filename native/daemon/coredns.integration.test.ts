import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "@/lib/core/clock";
import { createLogger } from "@/lib/core/logger";
import { Scope } from "@/lib/core/scope";
import { encodeMessage } from "@/lib/cluster/addons/coredns/dns/encode";
import { decodeMessage } from "@/lib/cluster/addons/coredns/dns/decode";
import { serveLinks } from "@/lib/cluster/addons/coredns/link/serve-links";
import { fakeView, query, told } from "@/lib/cluster/addons/coredns/testing";
import { request } from "../test-client";
import { binary, run, startNode, type TestNode } from "../test-node";

const corefile = `.:53 {
    errors
    log
    health {
       lameduck 100ms
    }
    ready
    prometheus :9153
    hosts {
      10.0.0.1 db.test
      fallthrough
    }
    template IN A big.test {
${Array.from({ length: 60 }, (_, index) => `      answer "{{ .Name }} 60 IN A 10.1.0.${index}"`).join("\n")}
      fallthrough
    }
    forward back.test 127.0.0.1:5300
    forward . /etc/resolv.conf.test
    reload 2s 0s
}
back.test:5300 {
    template IN A {
      answer "{{ .Name }} 60 IN A 10.2.0.1"
    }
}
`;

let scope: Scope;
let node: TestNode;
beforeEach(async () => {
  scope = new Scope();
  node = await startNode(scope);
  mkdirSync(join(node.folder, "bin"));
  symlinkSync(binary("examctl-daemon"), join(node.folder, "bin/coredns"));
  writeFileSync(join(node.folder, "resolv.conf"), "nameserver 127.0.0.1:9\n");
});
afterEach(() => scope.close());

const serve = () =>
  serveLinks(join(node.folder, "dns.sock"), {
    clock: systemClock,
    logger: createLogger("test"),
    kubernetes: fakeView(),
  });
const logOf = () => run(node, `cat ${node.folder}/log`);

async function start(text = corefile): Promise<void> {
  const settled = text.replace("/etc/resolv.conf.test", "127.0.0.1:9");
  writeFileSync(join(node.folder, "Corefile"), settled);
  await run(
    node,
    `EXAMCTL_DNS_SOCKET=${node.folder}/dns.sock ${node.folder}/bin/coredns -conf ${node.folder}/Corefile ` +
      `>${node.folder}/log 2>&1 </dev/null & echo $! >${node.folder}/pid`,
  );
}

const started = () => expect.poll(logOf).toMatch(/CoreDNS-/);

async function ask(network: "tcp" | "udp", name: string) {
  const { connection, reply } = await request(node.socket, "dial", [
    `network=${network}`,
    "address=127.0.0.1:53",
  ]);
  expect(reply.status).toBe("ok");
  const bytes = encodeMessage(query(name));
  connection.socket.write(Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]));
  const answer = await connection.read((await connection.read(2)).readUInt16BE());
  connection.close();
  return decodeMessage(answer)!;
}

describe("coredns", () => {
  it("listens as its Corefile says, answers by it over UDP and TCP, and logs as CoreDNS does", async () => {
    const server = await serve();
    scope.defer(() => server.close());
    await start();
    await started();
    expect(await logOf()).toMatch(
      /^\.:53\nback\.test\.:5300\n\[INFO\] plugin\/reload: Running configuration SHA512 = [0-9a-f]{128}\nCoreDNS-1\.12\.1\nlinux\/amd64, go/,
    );
    const listening = await run(node, "ss -Hlntup");
    for (const port of [53, 5300, 8080, 8181, 9153]) expect(listening).toContain(`*:${port} `);
    expect(listening).toMatch(/^udp .*\*:53 .*\(\("coredns"/m);
    for (const network of ["udp", "tcp"] as const)
      expect(told(await ask(network, "db.test."))).toBe("NOERROR db.test. A 10.0.0.1");
    expect(await logOf()).toMatch(
      /\[INFO\] 127\.0\.0\.1:\d+ - 43981 "A IN db\.test\. udp 25 false 512" NOERROR/,
    );
    expect(await run(node, "curl -s http://127.0.0.1:8080/health")).toBe("OK");
    await expect.poll(() => run(node, "curl -s http://127.0.0.1:8181/ready")).toBe("OK");
    await expect
      .poll(() => run(node, "curl -s http://127.0.0.1:9153/metrics"))
      .toMatch(/coredns_dns_requests_total\{.*proto="tcp".*\} 1/);
  });

  it("truncates what is too long for UDP and sends it whole over TCP", async () => {
    const server = await serve();
    scope.defer(() => server.close());
    await start();
    await started();
    const short = await ask("udp", "big.test.");
    expect(short.flags.truncated).toBe(true);
    expect(encodeMessage(short).length).toBeLessThanOrEqual(512);
    const whole = await ask("tcp", "big.test.");
    expect([whole.flags.truncated, whole.answers.length]).toEqual([false, 60]);
  });

  it("asks other servers from its own network and says why they did not answer", async () => {
    const server = await serve();
    scope.defer(() => server.close());
    await start();
    await started();
    expect(told(await ask("udp", "x.back.test."))).toBe("NOERROR x.back.test. A 10.2.0.1");
    expect(told(await ask("udp", "elsewhere.test."))).toBe("SERVFAIL");
    expect(await logOf()).toMatch(
      /\[ERROR\] plugin\/errors: 2 elsewhere\.test\. A: read udp 127\.0\.0\.1:\d+->127\.0\.0\.1:9: read: connection refused/,
    );
  });

  it("follows a changed Corefile without losing its port", async () => {
    const server = await serve();
    scope.defer(() => server.close());
    await start();
    await started();
    await run(node, `sed -i 's/10.0.0.1 db/10.0.0.2 db/; s/:8181//; s/:9153/:9154/' ${node.folder}/Corefile`);
    await expect.poll(logOf).toContain("[INFO] Reloading complete");
    expect(told(await ask("udp", "db.test."))).toBe("NOERROR db.test. A 10.0.0.2");
    const listening = await run(node, "ss -Hlnt");
    expect(listening).toContain("*:9154 ");
    expect(listening).not.toContain("*:9153 ");
  });

  it("ends with the parser's words when its Corefile is wrong", async () => {
    const server = await serve();
    scope.defer(() => server.close());
    await start(corefile.replace("    errors\n", "    erors\n"));
    await expect
      .poll(logOf)
      .toBe(`${node.folder}/Corefile:2 - Error during parsing: Unknown directive 'erors'\n`);
    await expect.poll(() => run(node, `kill -0 $(cat ${node.folder}/pid) 2>&1 || echo gone`)).toMatch(/gone/);
  });

  it("goes on where it was when who decides was away, and fails queries meanwhile", async () => {
    const first = await serve();
    await start();
    await started();
    await first.close();
    expect(told(await ask("udp", "db.test."))).toBe("SERVFAIL");
    const second = await serve();
    scope.defer(() => second.close());
    await expect.poll(async () => told(await ask("udp", "db.test."))).toBe("NOERROR db.test. A 10.0.0.1");
    expect((await logOf()).match(/CoreDNS-/g)).toHaveLength(1);
  });

  it("is a lame duck before it ends", async () => {
    const server = await serve();
    scope.defer(() => server.close());
    await start();
    await started();
    await run(node, `kill -TERM $(cat ${node.folder}/pid)`);
    await expect.poll(() => run(node, `kill -0 $(cat ${node.folder}/pid) 2>&1 || echo gone`)).toMatch(/gone/);
    expect(await logOf()).toMatch(
      /SIGTERM: Shutting down servers then terminating\n\[INFO\] plugin\/health: Going into lameduck mode for 100ms/,
    );
  });
});
