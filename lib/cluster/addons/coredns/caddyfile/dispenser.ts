import type { Token } from "./tokens";

/** A Corefile that is wrong; the message is what CoreDNS prints. */
export class CorefileError extends Error {}

/**
 * Hands out the words of a directive with a notion of lines and blocks. Follows Caddy's Dispenser
 * (github.com/coredns/caddy v1.1, caddyfile), its error texts included.
 */
export class Dispenser {
  cursor = -1;
  #nesting = 0;

  constructor(
    protected readonly filename: string,
    public tokens: Token[],
  ) {}

  next(): boolean {
    if (this.cursor >= this.tokens.length - 1) return false;
    this.cursor++;
    return true;
  }

  /** The next word, if it stands on the same line. */
  nextArg(): boolean {
    if (this.cursor < 0) {
      this.cursor++;
      return this.cursor < this.tokens.length;
    }
    const now = this.tokens[this.cursor];
    const following = this.tokens[this.cursor + 1];
    if (!now || !following || now.file !== following.file || lastLine(now) !== following.line) return false;
    this.cursor++;
    return true;
  }

  /** For loops over a block's lines: enters it, and is false where it ends. */
  nextBlock(): boolean {
    if (this.#nesting > 0) {
      if (!this.next()) return false;
      if (this.word() !== "}") return true;
      this.#nesting--;
      return false;
    }
    if (!this.nextArg()) return false;
    if (this.word() !== "{") {
      this.cursor--;
      return false;
    }
    if (!this.next() || this.word() === "}") return false;
    this.#nesting++;
    return true;
  }

  word(): string {
    return this.tokens[this.cursor]?.text ?? "";
  }

  get line(): number {
    return this.tokens[this.cursor]?.line ?? 0;
  }

  get file(): string {
    return this.tokens[this.cursor]?.file || this.filename;
  }

  /** The rest of the line, up to an opening brace. */
  remainingArgs(): string[] {
    const args: string[] = [];
    while (this.nextArg()) {
      if (this.word() === "{") {
        this.cursor--;
        break;
      }
      args.push(this.word());
    }
    return args;
  }

  /** Whether the current word begins a line. */
  get isNewLine(): boolean {
    const before = this.tokens[this.cursor - 1];
    const now = this.tokens[this.cursor];
    if (this.cursor < 1) return true;
    if (!before || !now) return false;
    return before.file !== now.file || lastLine(before) < now.line;
  }

  argError(): CorefileError {
    return this.word() === "{"
      ? this.error("Unexpected token '{', expecting argument")
      : this.error(`Wrong argument count or unexpected line ending after '${this.word()}'`);
  }

  syntaxError(expected: string): CorefileError {
    return new CorefileError(
      `${this.file}:${this.line} - Syntax error: Unexpected token '${this.word()}', expecting '${expected}'`,
    );
  }

  error(message: string): CorefileError {
    return new CorefileError(`${this.file}:${this.line} - Error during parsing: ${message}`);
  }
}

function lastLine(token: Token): number {
  return token.line + token.text.split("\n").length - 1;
}
