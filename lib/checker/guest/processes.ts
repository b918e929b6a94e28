export interface Process {
  pid: number;
  ppid: number;
  user: string;
  /** Of the program, without its folder: "kubelet". */
  name: string;
  args: string[];
}

export const processCommand = ["ps", "-ww", "-eo", "pid=,ppid=,user=,args="];

/** Reads what `processCommand` prints. */
export function parseProcesses(text: string): Process[] {
  return text.split("\n").flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\S.*)$/.exec(line);
    if (!match) return [];
    const args = match[4]!.trim().split(/\s+/);
    const name = args[0]!.replace(/:$/, "").split("/").at(-1)!;
    return [{ pid: Number(match[1]), ppid: Number(match[2]), user: match[3]!, name, args }];
  });
}

/** The value of `--name=value` or `--name value`. */
export function flagOf({ args }: Pick<Process, "args">, name: string): string | undefined {
  const index = args.findIndex((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`));
  if (index < 0) return undefined;
  const [, value] = /^--[^=]+=(.*)$/s.exec(args[index]!) ?? [];
  return value ?? args[index + 1];
}
