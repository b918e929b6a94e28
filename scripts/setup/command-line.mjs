// What bin/examctl.mjs must know of a command line before there is anything that can parse it in full.

/** Options of the program itself, which may stand before or after the command; true: a value follows. */
const globalOptions = { "--json": false, "--data-dir": true };

/**
 * @param {string[]} argv without node and the script
 * @returns {{ command: string | undefined, subcommand: string | undefined, withoutCommand: string[], json: boolean,
 *   dataDir: string | undefined, wantsHelp: boolean, has: (flag: string) => boolean }}
 */
export function parseCommandLine(argv) {
  const words = [];
  let commandIndex = argv.length;
  let dataDir;
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index];
    const [name, value] = word.split(/=(.*)/s, 2);
    if (globalOptions[name] === true) dataDir = value ?? argv[++index];
    else if (!word.startsWith("-")) {
      if (words.length === 0) commandIndex = index;
      words.push(word);
    }
  }
  return {
    command: words[0],
    subcommand: words[1],
    withoutCommand: argv.filter((_, index) => index !== commandIndex),
    json: argv.includes("--json"),
    dataDir,
    wantsHelp: argv.includes("--help") || argv.includes("-h"),
    has: (flag) => argv.includes(flag),
  };
}

const rootCommands = [
  "up",
  "down",
  "setup",
  "status",
  "user",
  "image",
  "mirror",
  "frozen",
  "labd",
  "supervise",
  "database",
];

/** Must the command run as root? Those that only read the project need not. */
export function needsRoot({ command, subcommand, wantsHelp }) {
  if (wantsHelp) return false;
  return rootCommands.includes(command) || (command === "lab" && subcommand === "test");
}

/** What of the environment a command under sudo still has to know; a user's settings, not a user's shell. */
const kept =
  /^(EXAMCTL_\w+|NEXTAUTH_\w+|DATABASE_URL|PG\w+|CI|DEBUG|NO_COLOR|FORCE_COLOR|CHROMIUM|NODE_EXTRA_CA_CERTS|(https?|ftp|all|no)_proxy|npm_config_\w+)$/i;
/** The invoking user's cache would be written to as root, and npm would trust its prefix. */
const dropped = /^npm_config_(cache|prefix|userconfig|globalconfig|local_prefix|global_prefix|user_agent)$/i;

/**
 * The arguments of sudo that start the same command as root. Values stay out of the argument list, where everybody could
 * read them; PATH alone goes there, since sudo's own secure_path would hide the node and npm of nvm and the like.
 */
export function sudoArguments(argv, env, execPath) {
  const names = Object.keys(env).filter((name) => kept.test(name) && !dropped.test(name));
  const folders = [execPath.slice(0, execPath.lastIndexOf("/")), ...(env.PATH ?? "").split(":")];
  const path = [...new Set([...folders, "/usr/local/sbin", "/usr/sbin", "/sbin"])].filter(Boolean).join(":");
  return [
    ...(names.length > 0 ? [`--preserve-env=${names.join(",")}`] : []),
    "--",
    "env",
    `PATH=${path}`,
    execPath,
    ...argv,
  ];
}
