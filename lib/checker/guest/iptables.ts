export interface IptablesRule {
  chain: string;
  /** Of -j or -g: "KUBE-SVC-ABC", "DNAT". */
  target?: string;
  comment?: string;
  /** As iptables-save writes it. */
  text: string;
}

/** Reads the rules of `iptables-save`; counters in front of them are skipped. */
export function parseIptables(text: string): IptablesRule[] {
  return text.split("\n").flatMap((line) => {
    const match = /^(?:\[\d+:\d+\] )?(-A (\S+).*)$/.exec(line.trim());
    if (!match) return [];
    const [, rule = "", chain = ""] = match;
    const comment = /--comment (?:"((?:[^"\\]|\\.)*)"|(\S+))/.exec(rule);
    const target = / -[jg] (\S+)/.exec(rule)?.[1];
    return [{ chain, target, comment: comment?.[1] ?? comment?.[2], text: rule }];
  });
}
