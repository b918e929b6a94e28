import type { Setup } from "./plugin";
import { cache } from "./plugins/cache";
import { errors } from "./plugins/errors";
import { file } from "./plugins/file";
import { forward } from "./plugins/forward";
import { hosts } from "./plugins/hosts";
import { kubernetes } from "./plugins/kubernetes";
import { log } from "./plugins/log";
import { rewrite } from "./plugins/rewrite";
import {
  bind,
  health,
  ignored,
  loadbalance,
  loop,
  prometheus,
  ready,
  reload,
  whoami,
} from "./plugins/server-parts";
import { template } from "./plugins/template";

/**
 * The directives of this CoreDNS in the order in which their plugins see a query (plugin.cfg of coredns 1.12). Those that
 * upstream has and that are not here are unknown, as in a build without them.
 */
export const directives: ReadonlyMap<string, Setup> = new Map<string, Setup>([
  ["root", ignored],
  ["metadata", ignored],
  ["cancel", ignored],
  ["timeouts", ignored],
  ["multisocket", ignored],
  ["reload", reload],
  ["nsid", ignored],
  ["bufsize", ignored],
  ["bind", bind],
  ["debug", ignored],
  ["trace", ignored],
  ["ready", ready],
  ["health", health],
  ["pprof", ignored],
  ["prometheus", prometheus],
  ["errors", errors],
  ["log", log],
  ["local", ignored],
  ["any", ignored],
  ["chaos", ignored],
  ["loadbalance", loadbalance],
  ["cache", cache],
  ["rewrite", rewrite],
  ["minimal", ignored],
  ["template", template],
  ["hosts", hosts],
  ["kubernetes", kubernetes],
  ["file", file],
  ["loop", loop],
  ["forward", forward],
  ["whoami", whoami],
]);
