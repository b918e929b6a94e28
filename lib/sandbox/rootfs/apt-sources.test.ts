import { expect, test } from "vitest";
import { deb822Sources, oneLineSources } from "./apt-sources";

test("keeps the distribution's own lines and drops third parties, other suites and sources", () => {
  const text = [
    "# comment",
    "deb http://mirror.example/debian bookworm main contrib",
    "deb [signed-by=/k.gpg] http://mirror.example/debian-security bookworm-security main",
    "deb-src http://mirror.example/debian bookworm main",
    "deb https://vendor.example/apt bookworm stable",
    "deb https://vendor.example/pg bookworm-pgdg main",
  ].join("\n");
  expect(oneLineSources(text, "bookworm")).toBe(
    "deb http://mirror.example/debian bookworm main contrib\n" +
      "deb [signed-by=/k.gpg] http://mirror.example/debian-security bookworm-security main\n",
  );
});

test("keeps the distribution's own stanzas and drops disabled and foreign ones", () => {
  const own =
    "Types: deb\nURIs: http://mirror.example/ubuntu\nSuites: noble noble-updates\nComponents: main universe";
  const text = `# head\n${own}\n\n${own}\nEnabled: no\n\nTypes: deb\nURIs: https://vendor.example\nSuites: nodistro\nComponents: main\n`;
  expect(deb822Sources(text, "noble")).toBe(`${own}\n\n`);
});
