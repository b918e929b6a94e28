import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import fc from "fast-check";
import { JournalWriter, listSegments, readSegment, segmentFile } from "./journal";
import { Keeper } from "./keeper";
import { Screen } from "./screen";

let folder: string;
let base: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keeper-"));
  base = join(folder, "one");
});
afterEach(() => rmSync(folder, { recursive: true }));

function startJournal(): JournalWriter {
  const journal = new JournalWriter(base, 0);
  journal.append({ kind: "start", timeMs: 0, cols: 60, rows: 10, title: "t" });
  return journal;
}

const textOf = async (bytes: Uint8Array, cols = 60, rows = 10) => {
  const screen = new Screen(cols, rows);
  await screen.write(bytes);
  return screen.lines().join("\n").trimEnd();
};

describe("journal", () => {
  it("passes over a record that a kill tore, and goes on in another segment", () => {
    const journal = startJournal();
    journal.append({ kind: "output", timeMs: 1, bytes: Buffer.from("whole") });
    journal.close();
    appendFileSync(segmentFile(base, 0), Buffer.from([2, 0, 0, 0, 50, 1, 2, 3]));
    const records = [...readSegment(base, 0, 0, Number.MAX_SAFE_INTEGER)].map(({ record }) => record.kind);
    expect(records).toEqual(["start", "output"]);
  });

  it("reads records larger than its block, and stops at the given byte", () => {
    const journal = startJournal();
    journal.append({ kind: "output", timeMs: 1, bytes: Buffer.alloc(900_000, "a") });
    const { bytes } = journal.position;
    journal.append({ kind: "output", timeMs: 2, bytes: Buffer.alloc(900_000, "b") });
    const upTo = [...readSegment(base, 0, 0, bytes)];
    expect(upTo).toHaveLength(2);
    expect(upTo.at(-1)!.end).toBe(bytes);
    expect([...readSegment(base, 0, 0, Number.MAX_SAFE_INTEGER)]).toHaveLength(3);
    journal.close();
  });
});

describe("Keeper", () => {
  it("knows the screen as of a position, not later", async () => {
    const journal = startJournal();
    journal.append({ kind: "output", timeMs: 1, bytes: Buffer.from("one\r\n") });
    const position = journal.position;
    journal.append({ kind: "output", timeMs: 2, bytes: Buffer.from("two") });
    const keeper = new Keeper(base);
    const snapshot = await keeper.snapshot(position);
    expect(snapshot).toMatchObject({ offset: 5, cols: 60, rows: 10 });
    expect(await textOf(snapshot.bytes)).toBe("one");
    expect(await textOf((await keeper.snapshot(journal.position)).bytes)).toBe("one\ntwo");
    keeper.close();
    journal.close();
  });

  it("after a checkpoint needs neither the old segments nor the old keeper", async () => {
    const journal = startJournal();
    journal.append({ kind: "output", timeMs: 1, bytes: Buffer.from("before \x1b[3") }); // cut in a sequence
    const first = new Keeper(base);
    await first.compact(journal.rotate());
    first.close();
    expect(listSegments(base)).toEqual([1]);
    journal.append({ kind: "output", timeMs: 2, bytes: Buffer.from("1mred \xe6") });
    journal.append({ kind: "resize", timeMs: 3, cols: 70, rows: 12 });
    journal.append({ kind: "gap", timeMs: 4, offset: 1000 });
    journal.append({ kind: "output", timeMs: 5, bytes: Buffer.from("after") });
    journal.close();
    const second = new Keeper(base);
    const recovered = await second.recover();
    expect(recovered).toMatchObject({ offset: 1005, cols: 70, rows: 12, nextSegment: 2 });
    const { bytes } = await second.snapshot({ segment: 1, bytes: Number.MAX_SAFE_INTEGER });
    expect(await textOf(bytes, 70, 12)).toBe("before red æafter");
    second.close();
  });

  it("has the same screen and recording wherever a kill and a checkpoint fall", async () => {
    const action = fc.oneof(
      {
        weight: 6,
        arbitrary: fc
          .constantFrom("text ", "\r\n", "\x1b[32m", "漢", "\x1b[2J\x1b[H", "\x1b[?1049h", "\x1b[?1049l")
          .map((text) => ({ text })),
      },
      { weight: 1, arbitrary: fc.constant("checkpoint" as const) },
      { weight: 1, arbitrary: fc.constant("kill" as const) },
      { weight: 1, arbitrary: fc.integer({ min: 20, max: 60 }).map((cols) => ({ cols })) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 25 }), async (actions) => {
        rmSync(folder, { recursive: true });
        folder = mkdtempSync(join(tmpdir(), "keeper-"));
        base = join(folder, "one");
        let journal = startJournal();
        let keeper = new Keeper(base);
        const expected = new Screen(60, 10);
        let recorded = "";
        for (const step of actions) {
          if (step === "checkpoint") await keeper.compact(journal.rotate());
          else if (step === "kill") {
            await keeper.snapshot(journal.position);
            keeper.close();
            journal.close();
            keeper = new Keeper(base);
            journal = new JournalWriter(base, (await keeper.recover()).nextSegment);
          } else if ("cols" in step) {
            expected.resize(step.cols, 10);
            journal.append({ kind: "resize", timeMs: 0, cols: step.cols, rows: 10 });
          } else {
            await expected.write(Buffer.from(step.text));
            recorded += step.text;
            journal.append({ kind: "output", timeMs: 0, bytes: Buffer.from(step.text) });
          }
        }
        const snapshot = await keeper.snapshot(journal.position);
        const shown = new Screen(snapshot.cols, snapshot.rows);
        await shown.write(snapshot.bytes);
        expect(shown.lines()).toEqual(expected.lines());
        expect(shown.cursor).toEqual(expected.cursor);
        const events = readFileSync(`${base}.cast`, "utf8").trimEnd().split("\n").slice(1);
        const text = events.map((line) => JSON.parse(line) as [number, string, string]);
        expect(
          text
            .filter(([, code]) => code === "o")
            .map(([, , data]) => data)
            .join(""),
        ).toBe(recorded);
        keeper.close();
        journal.close();
      }),
      { numRuns: 30 },
    );
  });
});
