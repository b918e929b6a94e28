import { describe, expect, it } from "vitest";
import { ClientFlow, highWaterBytes, judgeFlow, lowWaterBytes, stallAloneMs, stallMs } from "./client-flow";

function live(sent = 0, nowMs = 0): ClientFlow {
  const flow = new ClientFlow();
  flow.restart(0, "live");
  if (sent > 0) flow.advance(sent, nowMs);
  return flow;
}

describe("flow control", () => {
  it("pauses at the high-water mark and goes on at the low one", () => {
    const flow = live();
    flow.advance(highWaterBytes - 1, 0);
    expect(judgeFlow([flow], 0).paused).toBe(false);
    flow.advance(highWaterBytes, 0);
    expect(judgeFlow([flow], 0).paused).toBe(true);
    flow.ack(highWaterBytes - lowWaterBytes - 1);
    expect(judgeFlow([flow], 0).paused).toBe(true);
    flow.ack(highWaterBytes - lowWaterBytes);
    expect(judgeFlow([flow], 0).paused).toBe(false);
  });

  it("goes by the slowest client, for a while", () => {
    const [slow, quick] = [live(highWaterBytes), live()];
    expect(judgeFlow([slow, quick], stallMs - 1)).toEqual({ paused: true, lagging: [], checkAfterMs: 1 });
    expect(judgeFlow([slow, quick], stallMs)).toMatchObject({ paused: false, lagging: [slow] });
  });

  it("is patient with a client that is alone", () => {
    const flow = live(highWaterBytes);
    expect(judgeFlow([flow], stallMs).paused).toBe(true);
    expect(judgeFlow([flow], stallAloneMs).lagging).toEqual([flow]);
  });

  it("does not wait for clients that were set aside", () => {
    const flow = live(highWaterBytes);
    flow.state = "lagging";
    expect(judgeFlow([flow], 0)).toEqual({ paused: false, lagging: [], checkAfterMs: undefined });
  });

  it("does not set a client aside while its snapshot is being made", () => {
    const flow = live(highWaterBytes);
    flow.state = "waiting";
    expect(judgeFlow([flow], 1e9)).toEqual({ paused: true, lagging: [], checkAfterMs: undefined });
  });

  it("does not believe acknowledgements of what was not sent", () => {
    const flow = live(1000);
    flow.ack(5000);
    expect(flow.unackedBytes).toBe(0);
    flow.ack(10);
    expect(flow.acked).toBe(1000);
  });
});
