import { systemClock } from "@/lib/core/clock";
import { summarize, type Bench } from "./report";
import { barePty } from "./terminal/bare-pty";
import { ours } from "./terminal/ours";
import { measureEcho, measureThroughput, quiet, run, type TerminalProbe } from "./terminal/probe";
import { wetty } from "./terminal/wetty";

const fileBytes = 50_000_000;
const file = "/tmp/examctl-bench-terminal.txt";
/** Work that is put off until a terminal is quiet (ours turns its journal into screen and recording) is done by then. */
const restMs = 2_500;
/** 50 MB of lines of 100 bytes; a terminal adds a carriage return to each. */
const makeFile = `head -c ${fileBytes} /dev/zero | tr '\\0' x | fold -w 99 | head -c ${fileBytes} > ${file}; echo made-$((40+2))`;

/**
 * How quickly a typed character comes back, and how fast a 50 MB file runs over the screen, through the socket that a
 * browser uses: ours (a shell in a lab) beside wetty (a local shell) and a bare PTY as the floor. Needs root.
 */
const terminal: Bench = async ({ log, quick }) => {
  const probes: TerminalProbe[] = [];
  try {
    log("starting a lab, terminald and the gateway");
    probes.push(await ours());
    log("starting wetty");
    probes.push(await wetty(), barePty());
    for (const probe of probes) {
      await quiet(probe);
      await run(probe, "stty -ixon; PS1='$ '", "$ ");
      await run(probe, makeFile, "made-42");
    }
    const echo = probes.map((): number[] => []);
    const throughput = probes.map((): number[] => []);
    // In turns, so that whatever else this machine does falls on all alike.
    for (let round = 0; round < (quick ? 1 : 5); round++) {
      for (const [i, probe] of probes.entries())
        echo[i]!.push(...(await measureEcho(probe, quick ? 40 : 60)));
      for (const [i, probe] of probes.entries()) {
        const rate = await measureThroughput(probe, file, fileBytes);
        throughput[i]!.push(rate);
        log(`round ${round + 1}: ${probe.name} ${rate.toFixed(1)} MB/s`);
        await systemClock.sleep(restMs);
      }
    }
    for (const probe of probes) await run(probe, `rm ${file}; echo gone-$((40+2))`, "gone-42");
    const beside = (samples: number[][]) => ({
      peer: { name: "wetty", samples: samples[1]! },
      floor: { name: "bare PTY", samples: samples[2]! },
    });
    return [
      summarize("echo", "ms", echo[0]!, beside(echo)),
      summarize("throughput", "MB/s", throughput[0]!, {
        ...beside(throughput),
        note: "ours passes four processes and records; wetty is one process, so a busy machine gives it a larger share.",
      }),
    ];
  } finally {
    for (const probe of probes) await probe.close();
  }
};

export default terminal;
