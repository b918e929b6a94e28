import { expect, test } from "vitest";
import { needsRoot, parseCommandLine, sudoArguments } from "./command-line.mjs";

test.each([
  ["up", "up", undefined],
  ["--data-dir /srv/x up --port 9", "up", "/srv/x"],
  ["--data-dir=/srv/x --json up", "up", "/srv/x"],
  ["--json up --data-dir /srv/x", "up", "/srv/x"],
  ["up --data-dir=/srv/a=b", "up", "/srv/a=b"],
  ["--help", undefined, undefined],
  ["--data-dir", undefined, undefined],
  ["", undefined, undefined],
])("finds the command in `%s`", (line, command, dataDir) => {
  const parsed = parseCommandLine(line.split(" ").filter(Boolean));
  expect(parsed).toMatchObject({ command, dataDir, json: line.includes("--json") });
});

test("hands on everything but the command as it is", () => {
  expect(parseCommandLine(["--json", "cluster", "up", "-d"]).withoutCommand).toEqual(["--json", "up", "-d"]);
  expect(parseCommandLine(["cluster", "down", "cluster"]).withoutCommand).toEqual(["down", "cluster"]);
});

test.each([
  ["up", true],
  ["--data-dir /srv/x up", true],
  ["--json status", true],
  ["lab test labs/x", true],
  ["lab --json test labs/x", true],
  ["image add ./layout", true],
  ["lab validate labs/test", false],
  ["lab list", false],
  ["doctor", false],
  ["cluster up", false],
  ["up --help", false],
  ["lab test -h", false],
  ["", false],
])("`%s` needs root: %s", (line, expected) => {
  expect(needsRoot(parseCommandLine(line.split(" ").filter(Boolean)))).toBe(expected);
});

test("under sudo a command keeps its settings, its secrets stay out of ps, and node and npm are those of the caller", () => {
  const env = {
    PATH: "/usr/bin:/bin",
    HOME: "/home/ada",
    LD_PRELOAD: "/tmp/evil.so",
    EXAMCTL_DEMO: "1",
    EXAMCTL_PASSWORD_ADMIN: "hunter22",
    NEXTAUTH_SECRET: "secret-secret-secret",
    DATABASE_URL: "postgresql://a:pw@h/x",
    CI: "1",
    https_proxy: "http://proxy:3128",
    NO_PROXY: "localhost",
    npm_config_registry: "https://mirror",
    npm_config_cache: "/home/ada/.npm",
    NODE_ENV: "production" as const,
  };
  const node = "/home/ada/.nvm/versions/node/v22.1.0/bin/node";
  const args = sudoArguments(["/srv/examctl/bin/examctl.mjs", "up"], env, node);
  expect(args).toEqual([
    "--preserve-env=EXAMCTL_DEMO,EXAMCTL_PASSWORD_ADMIN,NEXTAUTH_SECRET,DATABASE_URL,CI,https_proxy,NO_PROXY,npm_config_registry",
    "--",
    "env",
    "PATH=/home/ada/.nvm/versions/node/v22.1.0/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin",
    node,
    "/srv/examctl/bin/examctl.mjs",
    "up",
  ]);
  expect(args.join(" ")).not.toMatch(/hunter22|secret-secret|:pw@/);
});
