import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { ManualClock } from "@/lib/core/clock";
import { issueTicket, TicketGate, ticketLifetimeMs } from "./tickets";

const secret = "a secret of at least 32 characters, for tests";
const claims = { userId: "u1", epoch: 3, attemptId: "a1", sessionId: "s1", readOnly: false };

describe("terminal tickets", () => {
  it("carry their claims, once", () => {
    const clock = new ManualClock();
    const gate = new TicketGate(secret, clock);
    const ticket = issueTicket(secret, clock, claims);
    expect(gate.redeem(ticket)).toEqual(claims);
    expect(() => gate.redeem(ticket)).toThrow("not valid any more");
  });

  it("expire", async () => {
    const clock = new ManualClock();
    const gate = new TicketGate(secret, clock);
    const ticket = issueTicket(secret, clock, claims);
    await clock.advance(ticketLifetimeMs);
    expect(() => gate.redeem(ticket)).toThrow("not valid any more");
  });

  it("stay used for as long as they would be good", async () => {
    const clock = new ManualClock();
    const gate = new TicketGate(secret, clock);
    const first = issueTicket(secret, clock, claims);
    gate.redeem(first);
    await clock.advance(ticketLifetimeMs - 1);
    gate.redeem(issueTicket(secret, clock, claims));
    expect(() => gate.redeem(first)).toThrow();
  });

  it("of another secret, or changed in any character, are refused", () => {
    const clock = new ManualClock();
    const gate = new TicketGate(secret, clock);
    expect(() => gate.redeem(issueTicket("another secret of 32 characters!", clock, claims))).toThrow();
    const ticket = issueTicket(secret, clock, claims);
    fc.assert(
      fc.property(
        fc.nat({ max: ticket.length - 2 }),
        fc.constantFrom("A", "b", "0", ".", "-"),
        (at, character) => {
          fc.pre(ticket[at] !== character);
          expect(() => gate.redeem(ticket.slice(0, at) + character + ticket.slice(at + 1))).toThrow(
            "not valid any more",
          );
        },
      ),
    );
  });

  it("are refused as any other text", () => {
    const gate = new TicketGate(secret, new ManualClock());
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => gate.redeem(text)).toThrow("not valid any more");
      }),
    );
  });
});
