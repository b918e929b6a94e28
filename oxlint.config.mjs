import { layerMap } from "./scripts/lint-layers.mjs";

const errors = (names) => Object.fromEntries(names.match(/\S+/g).map((name) => [name, "error"]));

/**
 * What ESLint and typescript-eslint recommend. Two rules have no counterpart, no-octal and no-dupe-args: in modules,
 * which all files here are, both are errors of the syntax.
 */
const recommended = errors(`
  constructor-super for-direction getter-return no-array-constructor no-async-promise-executor no-case-declarations
  no-class-assign no-compare-neg-zero no-cond-assign no-const-assign no-constant-binary-expression
  no-constant-condition no-control-regex no-debugger no-delete-var no-dupe-class-members no-dupe-else-if no-dupe-keys
  no-duplicate-case no-empty no-empty-character-class no-empty-pattern no-empty-static-block no-ex-assign
  no-extra-boolean-cast no-fallthrough no-func-assign no-global-assign no-import-assign no-invalid-regexp
  no-loss-of-precision no-misleading-character-class no-new-native-nonconstructor no-nonoctal-decimal-escape
  no-obj-calls no-prototype-builtins no-redeclare no-regex-spaces no-self-assign no-setter-return
  no-shadow-restricted-names no-sparse-arrays no-this-before-super no-unassigned-vars no-undef no-unexpected-multiline
  no-unreachable no-unsafe-finally no-unsafe-negation no-unsafe-optional-chaining no-unused-expressions
  no-unused-labels no-unused-private-class-members no-useless-assignment no-useless-backreference no-useless-catch
  no-useless-escape no-with preserve-caught-error require-yield use-isnan valid-typeof

  typescript/ban-ts-comment typescript/no-duplicate-enum-values typescript/no-empty-object-type
  typescript/no-explicit-any typescript/no-extra-non-null-assertion typescript/no-misused-new typescript/no-namespace
  typescript/no-non-null-asserted-optional-chain typescript/no-require-imports typescript/no-this-alias
  typescript/no-unnecessary-type-constraint typescript/no-unsafe-declaration-merging
  typescript/no-unsafe-function-type typescript/no-wrapper-object-types typescript/prefer-as-const
  typescript/prefer-namespace-keyword typescript/triple-slash-reference
`);

/** What eslint-plugin-react-hooks recommends. */
const reactHooks = errors(`
  react/error-boundaries react/exhaustive-deps react/globals react/immutability react/incompatible-library
  react/preserve-manual-memoization react/purity react/refs react/rules-of-hooks react/set-state-in-effect
  react/set-state-in-render react/static-components react/unsupported-syntax react/use-memo
`);

export default {
  options: { typeAware: true, denyWarnings: true, reportUnusedDisableDirectives: "warn" },
  ignorePatterns: [
    "node_modules/",
    "dist/",
    ".next/",
    "var/",
    "lib/db/generated/",
    "lib/cluster/resources/generated/",
    "next-env.d.ts",
  ],
  plugins: ["typescript", "react", "unicorn"],
  // Only what is named here.
  categories: { correctness: "off" },
  rules: {
    ...recommended,
    "no-irregular-whitespace": ["error", { skipRegExps: false, skipTemplates: false }],
    // By itself oxlint lets names with an underscore pass.
    "no-unused-vars": ["error", { argsIgnorePattern: "^$", varsIgnorePattern: "^$" }],
  },
  overrides: [
    {
      files: ["**/*.{ts,tsx}"],
      rules: {
        ...errors("no-var prefer-const prefer-rest-params prefer-spread typescript/await-thenable"),
        ...errors("typescript/consistent-type-imports typescript/no-floating-promises"),
        "typescript/no-misused-promises": ["error", { checksVoidReturn: { attributes: false } }],
        "no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
        "max-lines": ["warn", { max: 400, skipBlankLines: true, skipComments: true }],
        // The compiler knows better.
        "no-undef": "off",
      },
    },
    {
      files: ["**/*.{js,mjs}"],
      rules: {
        // no-this-alias and ban-ts-comment look at TypeScript only.
        "unicorn/no-this-assignment": "error",
        "no-warning-comments": ["error", { terms: ["@ts-ignore", "@ts-nocheck", "@ts-expect-error"] }],
      },
    },
    { files: ["**/*.mjs", "*.js", "**/*.config.*"], env: { node: true } },
    // What runs in images: Node.js, and nginx's JavaScript, whose table the generated configuration brings.
    { files: ["images/**/*.js"], env: { node: true }, globals: { gatewayTable: "readonly" } },
    // A suite of one subject stays in one file.
    { files: ["**/*.test.ts"], rules: { "max-lines": "off" } },
    { files: ["app/**/*.tsx", "lib/**/*.tsx"], rules: reactHooks },
    ...layerMap(),
  ],
};
