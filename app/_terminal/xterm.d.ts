// The package's types are written for its scoped name.
// oxlint-disable-next-line typescript/triple-slash-reference -- an import would not declare that name
/// <reference path="../../node_modules/xterm/typings/xterm.d.ts" />
declare module "xterm" {
  export * from "@xterm/xterm";
}
