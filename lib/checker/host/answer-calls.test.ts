import { describe, expect, it } from "vitest";
import { fakeProbe } from "../testing/fake-probe";
import { CallAnswerer } from "./answer-calls";
import { defaultLimits } from "./limits";

const signal = new AbortController().signal;
const call = (id: number, method: string, params: unknown) =>
  JSON.stringify({ type: "call", id, method, params });
const resource = { group: "", version: "v1", plural: "configmaps" };

describe("CallAnswerer", () => {
  it("answers lists and objects, and nothing for what is absent", async () => {
    const objects = {
      configmaps: [{ metadata: { name: "a", namespace: "x" } }, { metadata: { name: "b", namespace: "y" } }],
    };
    const answerer = new CallAnswerer(fakeProbe({ objects }), defaultLimits, signal);
    const reply = async (method: string, params: object) =>
      JSON.parse((await answerer.answer(call(7, method, { resource, ...params })))!) as unknown;
    expect(await reply("list", {})).toEqual({ type: "reply", id: 7, value: objects.configmaps });
    expect(await reply("list", { namespace: "z" })).toEqual({ type: "reply", id: 7, value: [] });
    expect(await reply("get", { namespace: "x", name: "a" })).toEqual({
      type: "reply",
      id: 7,
      value: objects.configmaps[0],
    });
    expect(await reply("get", { namespace: "x", name: "b" })).toEqual({ type: "reply", id: 7, value: null });
  });

  it("stops writing a list that grows past the limit", async () => {
    let written = 0;
    const items = Array.from({ length: 10_000 }, () => ({
      metadata: { name: "big", namespace: "x" },
      toJSON() {
        written++;
        return "x".repeat(1000);
      },
    }));
    const answerer = new CallAnswerer(
      fakeProbe({ objects: { configmaps: items } }),
      { ...defaultLimits, replyCharsMax: 20_000 },
      signal,
    );
    expect(await answerer.answer(call(1, "list", { resource }))).toContain("too large for a check");
    expect(written).toBeLessThan(25);
  });

  it("makes calls wait for one another past the limit, and each gets its own answer", async () => {
    let active = 0;
    let most = 0;
    const probe = {
      ...fakeProbe({}),
      get: async (_: unknown, __: unknown, name: string) => {
        most = Math.max(most, ++active);
        await new Promise((resolve) => setImmediate(resolve));
        active--;
        return name;
      },
    };
    const answerer = new CallAnswerer(probe, { ...defaultLimits, callsAtOnce: 3 }, signal);
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, id) => answerer.answer(call(id, "get", { resource, name: `n${id}` }))),
    );
    expect(replies[13]).toBe('{"type":"reply","id":13,"value":"n13"}');
    expect(most).toBe(3);
  });

  it("says nothing any more when the check is over", async () => {
    const over = new AbortController();
    const answerer = new CallAnswerer(fakeProbe({}), defaultLimits, over.signal);
    const sleeping = answerer.answer(call(1, "sleep", { ms: 60_000 }));
    over.abort();
    expect(await sleeping).toBeUndefined();
  });
});
