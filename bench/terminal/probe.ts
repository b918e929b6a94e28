/** A terminal as a benchmark sees it: bytes in, bytes out, whatever carries them. */
export interface TerminalProbe {
  name: string;
  write(text: string): void;
  /** Called with each piece of output, as the client's terminal would get it: bytes, or text where that is sent. */
  onOutput: (piece: Uint8Array | string) => void;
  close(): Promise<void>;
}

const timeoutMs = 120_000;

/** Milliseconds from a typed character to its echo, one at a time on an otherwise idle shell. */
export async function measureEcho(probe: TerminalProbe, n: number): Promise<number[]> {
  const samples: number[] = [];
  for (let i = 0; i < n; i++) {
    const character = String.fromCharCode(97 + (i % 26));
    const code = character.charCodeAt(0);
    const holds = (piece: Uint8Array | string) =>
      typeof piece === "string" ? piece.includes(character) : piece.includes(code);
    const startedMs = performance.now();
    const echoed = until(probe, holds);
    probe.write(character);
    await echoed;
    samples.push(performance.now() - startedMs);
    if (i % 40 === 39) {
      const cleared = until(probe, () => true);
      probe.write("\x15"); // ^U: the line stays short
      await cleared;
    }
    await new Promise((resolve) => setTimeout(resolve, 5)); // nobody types faster than that
  }
  probe.write("\x15");
  await quiet(probe);
  return samples;
}

/** MB (10^6 bytes) a second of one `cat` of a file, from Enter to its last byte. */
export async function measureThroughput(probe: TerminalProbe, file: string, bytes: number): Promise<number> {
  await quiet(probe);
  let received = 0;
  const startedMs = performance.now();
  const done = until(probe, (piece) => (received += piece.length) >= bytes);
  probe.write(`cat ${file}\r`);
  await done;
  const seconds = (performance.now() - startedMs) / 1000;
  await quiet(probe);
  return received / 1e6 / seconds;
}

/** Runs until the shell has shown `marker`, which the command line itself must not hold. */
export async function run(probe: TerminalProbe, command: string, marker: string): Promise<void> {
  let seen = "";
  const done = until(probe, (piece) =>
    (seen += typeof piece === "string" ? piece : Buffer.from(piece).toString("latin1")).includes(marker),
  );
  probe.write(`${command}\r`);
  await done;
  await quiet(probe);
}

/** Resolves when nothing has come for a tenth of a second. */
export function quiet(probe: TerminalProbe): Promise<void> {
  return new Promise((resolve) => {
    let timer = setTimeout(end, 100);
    probe.onOutput = () => {
      clearTimeout(timer);
      timer = setTimeout(end, 100);
    };
    function end() {
      probe.onOutput = () => undefined;
      resolve();
    }
  });
}

function until(probe: TerminalProbe, holds: (piece: Uint8Array | string) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`${probe.name}: nothing came for ${timeoutMs} ms`)),
      timeoutMs,
    );
    probe.onOutput = (piece) => {
      if (!holds(piece)) return;
      probe.onOutput = () => undefined;
      clearTimeout(timer);
      resolve();
    };
  });
}
