// The package's types are written for its scoped name.
// eslint-disable-next-line @typescript-eslint/triple-slash-reference -- an import would not declare that name
/// <reference path="../../node_modules/xterm/typings/xterm.d.ts" />
declare module "xterm" {
  export * from "@xterm/xterm";
}
