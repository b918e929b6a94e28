import { expect, test } from "vitest";
import { readConfig } from "./index";

test.each([
  [{}, "http://localhost:8080"],
  [{ EXAMCTL_HOST: "127.0.0.1", EXAMCTL_PORT: "9000" }, "http://localhost:9000"],
  [{ EXAMCTL_HOST: "192.0.2.7" }, "http://192.0.2.7:8080"],
  [{ EXAMCTL_HOST: "2001:db8::7" }, "http://[2001:db8::7]:8080"],
  [{ EXAMCTL_HOST: "192.0.2.7", NEXTAUTH_URL: "https://exam.example" }, "https://exam.example"],
])("with %j people type %s", (env, url) => {
  expect(readConfig({ NODE_ENV: "test", ...env }).publicUrl).toBe(url);
});
