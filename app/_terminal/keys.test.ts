import { describe, expect, it } from "vitest";
import { needsQuestion } from "./paste-dialog";
import { keyAction } from "./terminal-view";

const press = (keys: string) => {
  const parts = keys.split("+");
  const code = parts.at(-1)!;
  return keyAction({
    code,
    key: code,
    ctrlKey: parts.includes("Ctrl"),
    shiftKey: parts.includes("Shift"),
    altKey: parts.includes("Alt"),
    metaKey: parts.includes("Meta"),
  });
};

describe("keys of the terminal", () => {
  it.each([
    ["Ctrl+Shift+KeyC", { type: "copy" }],
    ["Meta+KeyC", { type: "copy" }],
    ["Ctrl+Shift+KeyV", { type: "paste" }],
    ["Ctrl+Shift+KeyF", { type: "search" }],
    ["Ctrl+Shift+KeyT", { type: "new-tab" }],
    ["Ctrl+Shift+Enter", { type: "new-tab" }],
    ["Ctrl+Shift+Escape", { type: "leave" }],
    ["F6", { type: "leave" }],
    ["Shift+F6", { type: "leave-back" }],
    ["Alt+Digit3", { type: "select-tab", index: 2 }],
  ])("%s is the page's", (keys, action) => {
    expect(press(keys)).toEqual(action);
  });

  it.each([
    "Ctrl+KeyC",
    "Ctrl+KeyV",
    "Ctrl+KeyF",
    "Ctrl+KeyR",
    "Escape",
    "Tab",
    "Alt+KeyB",
    "Alt+Digit9",
    "F5",
  ])("%s is the shell's", (keys) => {
    expect(press(keys)).toBeUndefined();
  });

  it("asks before pasting lines that would run, or many", () => {
    expect(needsQuestion("kubectl get pods\n", false)).toBe(false);
    expect(needsQuestion("a\nb", false)).toBe(true);
    expect(needsQuestion("a\nb", true)).toBe(false);
    expect(needsQuestion("a\nb\nc\nd\ne\nf\n", true)).toBe(true);
  });
});
