/** A word of a Corefile. `file` is empty for words of the Corefile itself. */
export interface Token {
  file: string;
  line: number;
  text: string;
}

/**
 * Splits a Corefile into words as Caddy's lexer does (github.com/coredns/caddy v1.1): white space separates, a word that
 * begins with a double quote goes to the next one, also over lines, "#" begins a comment wherever it stands.
 */
export function tokensOf(text: string, file = ""): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let word = "";
  let startLine = 1;
  let state: "between" | "word" | "quoted" | "comment" = "between";
  const flush = () => {
    if (word !== "") tokens.push({ file, line: startLine, text: word });
    word = "";
  };
  const characters = [...text.replace(/^\uFEFF/, "")];
  for (let index = 0; index < characters.length; index++) {
    const character = characters[index]!;
    if (state === "quoted") {
      if (character === "\\" && characters[index + 1] === '"') {
        word += '"';
        index++;
        continue;
      }
      if (character === '"') {
        tokens.push({ file, line: startLine, text: word });
        word = "";
        state = "between";
        continue;
      }
      if (character === "\n") line++;
      word += character;
      continue;
    }
    if (/\s/.test(character)) {
      if (character === "\r") continue;
      if (state === "word") flush();
      if (character === "\n") {
        line++;
        state = "between";
      } else if (state === "word") state = "between";
      continue;
    }
    if (state === "comment") continue;
    if (character === "#") {
      // A comment may begin inside a word: what stood before it is the word.
      state = "comment";
      flush();
      continue;
    }
    if (state === "between") {
      startLine = line;
      if (character === '"') {
        state = "quoted";
        continue;
      }
      state = "word";
    }
    word += character;
  }
  flush();
  return tokens;
}
