import type { ITheme } from "xterm";

/** Sixteen colours of at least 4.5:1 (bright black: 3:1) on their background, in the page's palette. */
const dark: ITheme = {
  background: "#0c1419",
  foreground: "#d9e2e7",
  cursor: "#5fd6c4",
  cursorAccent: "#0c1419",
  selectionBackground: "#2b5a63",
  selectionInactiveBackground: "#24404a",
  black: "#1d2a31",
  red: "#ff8a7e",
  green: "#7fd99a",
  yellow: "#e8c46a",
  blue: "#7db8ff",
  magenta: "#d6a3ff",
  cyan: "#5fd6c4",
  white: "#d9e2e7",
  brightBlack: "#7d919c",
  brightRed: "#ffaaa1",
  brightGreen: "#a5ecb9",
  brightYellow: "#f6db94",
  brightBlue: "#a5cfff",
  brightMagenta: "#e6c5ff",
  brightCyan: "#93ebdd",
  brightWhite: "#ffffff",
};

const light: ITheme = {
  background: "#fbfdfd",
  foreground: "#1b2a33",
  cursor: "#0c6b66",
  cursorAccent: "#fbfdfd",
  selectionBackground: "#b5dcd8",
  selectionInactiveBackground: "#d5e5e5",
  black: "#1b2a33",
  red: "#b3261e",
  green: "#1a6b35",
  yellow: "#7a5300",
  blue: "#1553b0",
  magenta: "#7d2ba3",
  cyan: "#0c6b66",
  white: "#5a6a73",
  brightBlack: "#63737c",
  brightRed: "#c5221a",
  brightGreen: "#1f7a3d",
  brightYellow: "#865c00",
  brightBlue: "#1a5fc8",
  brightMagenta: "#8a35b2",
  brightCyan: "#0f7670",
  brightWhite: "#34454e",
};

export function terminalTheme(page: "light" | "dark"): ITheme {
  return page === "dark" ? dark : light;
}
