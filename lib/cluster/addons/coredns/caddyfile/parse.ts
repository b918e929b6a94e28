import { posix } from "node:path";
import { CorefileError, Dispenser } from "./dispenser";
import { tokensOf, type Token } from "./tokens";

/** What a Corefile may bring in from outside itself. */
export interface CorefileSource {
  env: Readonly<Record<string, string>>;
  cwd: string;
  /** Throws with Go's text of the failure. */
  readFile(path: string): Promise<string>;
  /** Files whose path matches; the path itself where it is no pattern and is there. */
  glob(pattern: string): Promise<string[]>;
  warn(message: string): void;
}

export interface ServerBlock {
  keys: string[];
  /** The words of each directive, its own name first; a directive that stands twice has them one after the other. */
  tokens: Map<string, Token[]>;
}

const expansionsMax = 10_000;
const tokensMax = 200_000;

/**
 * Groups the words of a Corefile by server block and directive; `directives` undefined: any is fine. Follows Caddy's
 * parser (github.com/coredns/caddy v1.1, caddyfile/parse.go). Throws CorefileError.
 */
export async function parseCorefile(
  text: string,
  filename: string,
  source: CorefileSource,
  directives?: readonly string[],
): Promise<ServerBlock[]> {
  return new Parser(filename, tokensOf(text), source, directives).parseAll();
}

class Parser extends Dispenser {
  readonly #snippets = new Map<string, Token[]>();
  #expansions = 0;
  #block: ServerBlock = { keys: [], tokens: new Map() };
  #isAtEnd = false;

  constructor(
    filename: string,
    tokens: Token[],
    private readonly source: CorefileSource,
    private readonly directives: readonly string[] | undefined,
  ) {
    super(filename, tokens);
  }

  async parseAll(): Promise<ServerBlock[]> {
    const blocks: ServerBlock[] = [];
    while (this.next()) {
      this.#block = { keys: [], tokens: new Map() };
      await this.#begin();
      if (this.#block.keys.length > 0) blocks.push(this.#block);
    }
    return blocks;
  }

  async #begin(): Promise<void> {
    await this.#addresses();
    if (this.#isAtEnd) return;
    const [key = ""] = this.#block.keys;
    if (this.#block.keys.length === 1 && key.startsWith("(") && key.endsWith(")")) {
      this.#defineSnippet(key.slice(1, -1));
      this.#block.keys = [];
      return;
    }
    const hasBrace = this.word() === "{";
    if (!hasBrace) this.cursor--;
    await this.#directives();
    if (hasBrace && this.word() !== "}") throw this.syntaxError("}");
  }

  async #addresses(): Promise<void> {
    let expectsAnother = false;
    for (;;) {
      let word = this.#expand(this.word());
      if (word === "import" && this.isNewLine) {
        await this.#import();
        if (!this.next()) return void (this.#isAtEnd = true);
        continue;
      }
      if (word === "{") {
        if (expectsAnother)
          throw this.error(`Expected another address but had '${word}' - check for extra comma`);
        return;
      }
      if (word !== "") {
        expectsAnother = word.endsWith(",");
        if (expectsAnother) word = word.slice(0, -1);
        this.#block.keys.push(word);
      }
      const hasNext = this.next();
      if (expectsAnother && !hasNext) throw this.error("Unexpected EOF");
      if (!hasNext) return void (this.#isAtEnd = true);
      if (!expectsAnother && this.isNewLine) return;
    }
  }

  #defineSnippet(name: string): void {
    if (this.#snippets.has(name)) throw this.error(`redeclaration of previously declared snippet ${name}`);
    if (this.word() !== "{") throw this.syntaxError("{");
    const tokens: Token[] = [];
    let depth = 1;
    while (this.next()) {
      if (this.word() === "}" && --depth === 0) break;
      if (this.word() === "{") depth++;
      tokens.push(this.tokens[this.cursor]!);
    }
    if (depth !== 0) throw this.syntaxError("}");
    this.#snippets.set(name, tokens);
  }

  async #directives(): Promise<void> {
    while (this.next()) {
      if (this.word() === "}") return;
      if (this.word() === "import") {
        await this.#import();
        continue;
      }
      await this.#directive();
    }
  }

  async #directive(): Promise<void> {
    const name = this.#expand(this.word());
    if (this.directives && !this.directives.includes(name)) throw this.error(`Unknown directive '${name}'`);
    const tokens = this.#block.tokens.get(name) ?? [];
    this.#block.tokens.set(name, tokens);
    tokens.push(this.tokens[this.cursor]!);
    let depth = 0;
    while (this.next()) {
      const word = this.word();
      if (word === "{") depth++;
      else if (this.isNewLine && depth === 0) {
        this.cursor--;
        break;
      } else if (word === "}" && depth > 0) depth--;
      else if (word === "}") throw this.error("Unexpected '}' because no matching opening brace");
      else if (word === "import" && this.isNewLine) {
        await this.#import();
        continue;
      }
      const token = this.tokens[this.cursor]!;
      tokens.push({ ...token, text: this.#expand(token.text) });
    }
    if (depth > 0) throw this.error("Unexpected EOF");
  }

  /** Puts what is imported in the place of `import NAME`; the next word is then the first of it. */
  async #import(): Promise<void> {
    if (!this.nextArg()) throw this.argError();
    const pattern = this.#expand(this.word());
    if (pattern === "") throw this.error("Import requires a non-empty filepath");
    if (this.nextArg()) throw this.error("Import takes only one argument (glob pattern or file)");
    if (++this.#expansions > expansionsMax || this.tokens.length > tokensMax)
      throw this.error(`maximum snippet import depth (${expansionsMax}) exceeded`);
    const imported = this.#snippets.get(pattern) ?? (await this.#importedFiles(pattern));
    this.tokens = [
      ...this.tokens.slice(0, this.cursor - 1),
      ...imported,
      ...this.tokens.slice(this.cursor + 1),
    ];
    this.cursor -= 2;
  }

  async #importedFiles(pattern: string): Promise<Token[]> {
    const folder = posix.dirname(posix.resolve(this.source.cwd, this.file));
    const path = posix.isAbsolute(pattern) ? pattern : posix.join(folder, pattern);
    const many = (character: string) => path.split(character).length - 1 > 1;
    if (many("*") || many("?") || (path.includes("[") && path.includes("]")))
      throw this.error(`Glob pattern may only contain one wildcard (*), but has others: ${path}`);
    const files = await this.source.glob(path);
    if (files.length === 0) {
      if (!/[*?[\]]/.test(path)) throw this.error(`File to import not found: ${pattern}`);
      this.source.warn(`[WARNING] No files matching import glob pattern: ${pattern}`);
    }
    const tokens: Token[] = [];
    for (const file of files) {
      const text = await this.source.readFile(file).catch((failure: unknown) => {
        throw this.error(`Could not import ${file}: ${(failure as Error).message}`);
      });
      tokens.push(...tokensOf(text, file));
    }
    return tokens;
  }

  /** `{$NAME}` and `{%NAME%}` become the variable's value. */
  #expand(text: string): string {
    return text
      .replaceAll(/\{%([^%}]+)%\}/g, (_, name: string) => this.source.env[name] ?? "")
      .replaceAll(/\{\$([^}]+)\}/g, (_, name: string) => this.source.env[name] ?? "");
  }
}

export { CorefileError };
