// The direction of imports, held by lint. One line a layer: what it may import of this project besides itself.
// Whoever needs something that is not listed moves the thing down (to core or contract) or hands it in from a main.

const always = ["lib/core", "lib/contract"];

export const layers = {
  "lib/core": [],
  "lib/contract": ["lib/core", "lib/rpc"],
  "lib/rpc": ["lib/core"],
  "lib/config": ["lib/core"],
  "lib/db": ["lib/config", "lib/core", "lib/contract"],
  "lib/auth": ["lib/db", "lib/config"],
  "lib/lab": ["lib/rpc"],
  "lib/exam": ["lib/db", "lib/lab", "lib/rpc", "lib/auth/roles"],
  "lib/web": ["lib/auth", "lib/config", "lib/db", "lib/exam", "lib/rpc"],
  "lib/terminal": ["lib/rpc"],
  "lib/sandbox": ["lib/rpc"],
  "lib/checker": ["lib/lab"],
  "lib/cluster/resources": [],
  "lib/cluster/client": ["lib/cluster/resources"],
  "lib/cluster/api": ["lib/cluster/resources", "lib/cluster/client"],
  "lib/cluster/controllers": ["lib/cluster/resources", "lib/cluster/client"],
  "lib/cluster/node": ["lib/cluster/resources", "lib/cluster/client"],
  "lib/cluster/addons": ["lib/cluster/resources", "lib/cluster/client", "lib/cluster/node"],
  "lib/cluster/docker": ["lib/cluster/addons", "lib/cluster/tools", "lib/cluster/node"],
  "lib/cluster/standalone": [
    "lib/cluster/resources",
    "lib/cluster/client",
    "lib/cluster/api",
    "lib/cluster/controllers",
    "lib/cluster/node",
  ],
  "lib/mirror": [],
  "lib/labd": ["lib/sandbox", "lib/config", "lib/rpc"],
  "lib/terminald": ["lib/terminal", "lib/config", "lib/rpc"],
  "lib/clusterd": ["lib/cluster", "lib/checker", "lib/config", "lib/mirror", "lib/rpc"],
  "lib/cli": [
    "lib/config",
    "lib/rpc",
    "lib/db",
    "lib/auth",
    "lib/lab",
    "lib/exam",
    "lib/checker",
    "lib/cluster",
    "lib/mirror",
    "lib/sandbox",
    "lib/labd/launch",
  ],
  app: ["lib/exam", "lib/auth", "lib/lab", "lib/web", "lib/db", "lib/config", "lib/rpc"],
  labs: [],
};

/** Overrides of lint: in each layer, imports of any other layer than the listed ones are errors that name the fix. */
export function layerMap() {
  const names = Object.keys(layers);
  return names.map((layer) => {
    const allowed = [layer, ...always, ...layers[layer]];
    const forbidden = names.filter(
      (name) => !allowed.some((ok) => name === ok || name.startsWith(`${ok}/`) || ok.startsWith(`${name}/`)),
    );
    return {
      files: [`${layer}/**/*.{ts,tsx}`],
      excludeFiles: [
        "**/*.test.ts",
        "**/*.integration.test.ts",
        // Starts real processes of several layers for the tests of all of them.
        "**/testing.ts",
        ...names.filter((n) => n.startsWith(`${layer}/`)).map((n) => `${n}/**`),
      ],
      rules: {
        "no-restricted-imports": [
          "error",
          {
            patterns: [
              ...forbidden.map((name) => ({
                group: [`@/${name}`, `@/${name}/**`],
                message: `${layer} may import only ${allowed.join(", ")}. Move what both need to lib/core or lib/contract, or hand it in from a main (scripts/lint-layers.mjs).`,
              })),
              {
                group: ["../../**"],
                message: "Use the alias @/ for anything outside the folder and its parent.",
              },
            ],
          },
        ],
      },
    };
  });
}
