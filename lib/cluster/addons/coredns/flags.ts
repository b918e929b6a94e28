/** What coredns was started with. */
export interface CorednsFlags {
  conf?: string;
  port?: number;
  quiet: boolean;
  version: boolean;
}

export class FlagError extends Error {
  constructor(
    message: string,
    /** The usage follows, and the exit code is 2, as Go's package flag does. */
    readonly isUsage: boolean,
  ) {
    super(message);
  }
}

const withValue = ["conf", "dns.port", "p", "pidfile", "log_dir", "v", "vmodule", "stderrthreshold"];
const switches = ["quiet", "version", "plugins", "alsologtostderr", "logtostderr"];

/** Reads `-name value`, `-name=value`, `--name ...` as Go's package flag. Throws FlagError. */
export function readFlags(args: readonly string[]): CorednsFlags {
  const flags: CorednsFlags = { quiet: false, version: false };
  for (let index = 0; index < args.length; index++) {
    const word = args[index]!;
    const match = /^--?([^=-][^=]*)(?:=(.*))?$/s.exec(word);
    if (!match) throw new FlagError(`extra command line arguments: [${args.slice(index).join(" ")}]`, false);
    const [, name = "", given] = match;
    if (switches.includes(name)) {
      const isOn = given !== "false";
      if (name === "quiet" || name === "version") flags[name] = isOn;
      continue;
    }
    if (!withValue.includes(name)) throw new FlagError(`flag provided but not defined: -${name}`, true);
    const value = given ?? args[++index];
    if (value === undefined) throw new FlagError(`flag needs an argument: -${name}`, true);
    if (name === "conf" && value !== "") flags.conf = value;
    if (name === "dns.port" || name === "p") flags.port = Number(value);
  }
  if (flags.port !== undefined && !(flags.port > 0 && flags.port < 65_536))
    throw new FlagError(`listen tcp: address ${args.join(" ")}: invalid port`, false);
  return flags;
}

export const usage = `Usage of /coredns:
  -conf string
    	Corefile to load (default "Corefile")
  -dns.port string
    	Default port (default "53")
  -p string
    	Default port (default "53")
  -pidfile string
    	Path to write pid file
  -plugins
    	List installed plugins
  -quiet
    	Quiet mode (no initialization output)
  -version
    	Show version
`;
