import js from "@eslint/js";
import tseslint from "typescript-eslint";
import reactHooks from "eslint-plugin-react-hooks";
import globals from "globals";
import { layerMap } from "./scripts/lint-layers.mjs";

export default tseslint.config(
  {
    ignores: [
      "node_modules/",
      "dist/",
      ".next/",
      "var/",
      "lib/db/generated/",
      "lib/cluster/resources/generated/",
      "next-env.d.ts",
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    files: ["**/*.{ts,tsx}"],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { attributes: false } }],
      "@typescript-eslint/await-thenable": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "max-lines": ["warn", { max: 400, skipBlankLines: true, skipComments: true }],
    },
  },
  { files: ["**/*.mjs", "*.js", "**/*.config.*"], languageOptions: { globals: globals.node } },
  // What runs in images: Node.js, and nginx's JavaScript, whose table the generated configuration brings.
  {
    files: ["images/**/*.js"],
    languageOptions: { globals: { ...globals.node, gatewayTable: "readonly" } },
  },
  // A suite of one subject stays in one file.
  { files: ["**/*.test.ts"], rules: { "max-lines": "off" } },
  {
    files: ["app/**/*.tsx", "lib/**/*.tsx"],
    plugins: { "react-hooks": reactHooks },
    rules: reactHooks.configs.recommended.rules,
  },
  ...layerMap(),
);
