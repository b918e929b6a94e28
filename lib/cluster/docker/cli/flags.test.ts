import { expect, test } from "vitest";
import { parseFlags } from "./flags";
import { runFlags } from "./run-options";

const parse = (...argv: string[]) => parseFlags(argv, runFlags, { stopAtWord: true });

test("flags are read as pflag reads them", () => {
  const flags = parse(
    "-itd",
    "-p8080:80",
    "-p",
    "81:81",
    "--name=web",
    "--env",
    "A=1",
    "-e",
    "B=2",
    "nginx",
    "-g",
    "x",
  );
  expect(["detach", "interactive", "tty"].every((name) => flags.has(name))).toBe(true);
  expect(flags.list("publish")).toEqual(["8080:80", "81:81"]);
  expect(flags.value("name")).toBe("web");
  expect(flags.list("env")).toEqual(["A=1", "B=2"]);
  expect(flags.words).toEqual(["nginx", "-g", "x"]);
});

test("a switch can be turned off, and -- ends the flags", () => {
  expect(parse("--detach=false", "nginx").has("detach")).toBe(false);
  expect(parse("-d", "--", "-odd").words).toEqual(["-odd"]);
});

test("what is wrong is said in pflag's words", () => {
  expect(() => parse("--nope")).toThrow("unknown flag: --nope");
  expect(() => parse("-dz")).toThrow("unknown shorthand flag: 'z' in -dz");
  expect(() => parse("--name")).toThrow("flag needs an argument: --name");
  expect(() => parse("-p")).toThrow("flag needs an argument: 'p' in -p");
});
