import { Agent } from "node:http";
import type { Duplex } from "node:stream";

/** An HTTP client's agent over a connection that stands already. */
export class OneConnection extends Agent {
  constructor(readonly connection: Duplex) {
    super({ keepAlive: false });
  }

  override createConnection(): Duplex {
    return this.connection;
  }
}
