/** One command of a session and what it printed; a line "[exit N]" ends the output of one that failed. */
export interface Step {
  /** As a shell is given it; may have several lines (here documents). */
  command: string;
  output: string;
}

/** A golden file: comments, then commands with their outputs, as a terminal would show them. */
export interface Session {
  comments: string[];
  steps: Step[];
}

/**
 * Reads a golden file: "# " lines before the first command are comments, "$ " starts a command, "> " goes on with it, all
 * other lines are output.
 */
export function parseSession(text: string): Session {
  const session: Session = { comments: [], steps: [] };
  let inCommand = false;
  for (const line of text.replace(/\n$/, "").split("\n")) {
    const step = session.steps.at(-1);
    if (line.startsWith("$ ")) session.steps.push({ command: line.slice(2), output: "" });
    else if (!step) session.comments.push(line);
    else if (inCommand && line.startsWith("> ")) step.command += `\n${line.slice(2)}`;
    else step.output += `${line}\n`;
    inCommand = line.startsWith("$ ") || (inCommand && line.startsWith("> "));
  }
  return session;
}

export function formatSession({ comments, steps }: Session): string {
  const blocks = steps.map(({ command, output }) => `$ ${command.split("\n").join("\n> ")}\n${output}`);
  return `${[...comments, ...blocks.join("").replace(/\n$/, "").split("\n")].join("\n")}\n`;
}

/** Every distinct kubectl command that the steps run. */
export function kubectlCommands(sessions: Session[]): Set<string> {
  const commands = sessions.flatMap(({ steps }) =>
    steps.flatMap(({ command }) => {
      const [line = ""] = command.split("\n"); // what follows is a here document
      return [...line.matchAll(/\bkubectl\s[^|;&<>]*/g)].map(([text]) => text.trim().replace(/\s+/g, " "));
    }),
  );
  return new Set(commands);
}
