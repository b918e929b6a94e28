import { isWithin, longestZone } from "../dns/names";
import { parseRecord, recordFields } from "../dns/record-text";
import { rcodes, recordTypes, typeOf, type ResourceRecord } from "../dns/types";
import { Fallthrough, goDurationMs, replied, type Controller, type Outcome, type Query } from "../plugin";

/** A zone out of a file in RFC 1035's format (coredns plugin/file). */
export async function file(controller: Controller): Promise<void> {
  const { process, clock, signal } = controller.instance;
  const zones = new Map<string, Zone>();
  const through = new Fallthrough();
  while (controller.next()) {
    if (!controller.nextArg()) throw controller.argError();
    const path = controller.word();
    const origins = controller.origins(controller.remainingArgs());
    let reloadMs = 60_000;
    while (controller.nextBlock()) {
      const property = controller.word();
      const args = controller.remainingArgs();
      if (property === "fallthrough") through.set(args);
      else if (property === "reload") reloadMs = goDurationMs(args[0] ?? "");
      else if (property !== "upstream") throw controller.error(`unknown property '${property}'`);
    }
    const read = async () => {
      const text = await process.readFile(path);
      for (const origin of origins) zones.set(origin, new Zone(origin, text));
    };
    await read();
    controller.instance.onStartup(() => {
      if (reloadMs > 0)
        void (async () => {
          while (!signal.aborted) {
            await clock.sleep(Math.max(1000, reloadMs), signal).catch(() => undefined);
            if (!signal.aborted) await read().catch(() => undefined);
          }
        })();
    });
  }
  controller.add({
    name: "file",
    wrap: (next) => async (query) => {
      const { name } = query.question;
      const origin = longestZone(name, [...zones.keys()]);
      if (origin === undefined) return next(query);
      const outcome = await zones.get(origin)!.answer(query, controller);
      return outcome.rcode === rcodes.NXDOMAIN && through.allows(name) ? next(query) : outcome;
    },
  });
}

class Zone {
  readonly #records = new Map<string, ResourceRecord[]>();
  readonly #names = new Set<string>();
  readonly #soa: ResourceRecord;

  /** Throws Error with what is wrong in the file. */
  constructor(
    private readonly origin: string,
    text: string,
  ) {
    const records = parseZone(text, origin);
    const soa = records.find(({ data }) => data.type === "SOA");
    if (!soa) throw new Error(`file ${JSON.stringify(origin)} has no SOA record for origin ${origin}`);
    this.#soa = soa;
    for (const record of records) {
      const key = record.name.toLowerCase();
      if (!isWithin(key, origin)) continue;
      const known = this.#records.get(key) ?? [];
      known.push(record);
      this.#records.set(key, known);
      // Names between a record's and the zone's are there, without records.
      for (let at = key; isWithin(at, origin) && !this.#names.has(at); at = at.slice(at.indexOf(".") + 1))
        this.#names.add(at);
    }
  }

  async answer({ question, ...query }: Query, controller: Controller): Promise<Outcome> {
    const key = question.name.toLowerCase();
    const found = this.#records.get(key) ?? this.#wildcard(key);
    if (!found)
      return replied({
        rcode: this.#names.has(key) ? rcodes.NOERROR : rcodes.NXDOMAIN,
        authority: [this.#soa],
      });
    const named = found.map((record) => ({ ...record, name: question.name }));
    const alias = named.find(({ data }) => data.type === "CNAME");
    if (alias?.data.type === "CNAME" && question.type !== recordTypes.CNAME) {
      const target = { ...question, name: alias.data.target };
      const reply = await controller.instance.lookup(target, { question, ...query });
      return replied({ answers: [alias, ...(reply?.answers ?? [])] });
    }
    const answers = named.filter(
      ({ data }) => question.type === recordTypes.ANY || typeOf(data) === question.type,
    );
    return answers.length > 0 ? replied({ answers }) : replied({ authority: [this.#soa] });
  }

  #wildcard(name: string): ResourceRecord[] | undefined {
    if (this.#names.has(name)) return undefined;
    for (let at = name; at !== this.origin && at.includes(".");) {
      at = at.slice(at.indexOf(".") + 1);
      const found = this.#records.get(`*.${at}`);
      if (found) return found;
      if (this.#names.has(at)) return undefined;
    }
    return undefined;
  }
}

const linesMax = 100_000;

function parseZone(text: string, zone: string): ResourceRecord[] {
  const records: ResourceRecord[] = [];
  let origin = zone;
  let ttl = 3600;
  let owner = zone;
  let open: string[] = [];
  let depth = 0;
  let number = 0;
  for (const raw of text.split("\n").slice(0, linesMax)) {
    number++;
    const fields = recordFields(raw.replaceAll(/([()])/g, " $1 "));
    const begins = depth === 0 && /^\S/.test(raw);
    if (depth === 0) open = begins ? [] : [owner];
    for (const field of fields) {
      if (field === "(") depth++;
      else if (field === ")") depth--;
      else open.push(field);
    }
    if (depth > 0 || fields.length === 0) continue;
    const [first] = open;
    if (first === "$ORIGIN") origin = open[1]?.endsWith(".") ? open[1] : `${open[1]}.${origin}`;
    else if (first === "$TTL") ttl = Number(open[1]) || ttl;
    else {
      try {
        const record = parseRecord(open, { origin, ttl });
        owner = record.name;
        records.push(record);
      } catch (failure) {
        throw new Error(`dns: ${(failure as Error).message} at line: ${number}`, { cause: failure });
      }
    }
  }
  return records;
}
