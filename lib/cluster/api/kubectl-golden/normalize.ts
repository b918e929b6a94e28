/** What differs from one run to the next, and what stands for it in a golden file. */
const patterns: [RegExp, string][] = [
  [/https:\/\/127\.0\.0\.1:\d+/g, "https://<server>"],
  [/127\.0\.0\.1:\d+/g, "<server>"],
  [/(?<=kubernetes\.io\/arch=)\w+/g, "<arch>"],
  [/\/tmp\/examctl-golden-[^/\s"']*/g, "<folder>"],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, "<uid>"],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "<time>"],
  [/\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}/g, "<time>"],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]+/g, "<token>"],
  [/containerd:\/\/[0-9a-f]{64}/g, "containerd://<hash>"],
  [/(resourceVersion"?: )"\d+"/g, '$1"<version>"'],
  [/(Resource Version: +)\d+/g, "$1<version>"],
  [/\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4} UTC/g, "<time>"],
  [/X509SHA256=[0-9a-f]{64}/g, "X509SHA256=<hash>"],
  // Those that a command names itself are 30100 and 30123.
  [/(?<=:|NodePort: +<unset> +)(?!30100|30123)3[0-2]\d{3}(?=\/TCP)/g, "<node-port>"],
  [/\b10\.(9[6-9]|10\d|11[01])\.(?!0\.1\b)\d+\.\d+/g, "<cluster-ip>"],
  [/\b10\.244\.\d+\.\d+\b(?!\/)/g, "<pod-ip>"],
  // The five letters that the API server puts behind a generateName.
  [/-[bcdfghjklmnpqrstvwxz2456789]{5}(?=[\s"'/,:;)\]\\]|\.?$)/gm, "-<id>"],
  [/\b(\d+d)?(\d+h)?(\d+m)?\d+s\b( ago)?/g, "<age>$4"],
  [/<invalid>(?= ago|\s|$)/gm, "<age>"],
  // How often an event has come by now depends on how long the commands took.
  [/<age> \(x\d+ over <age>\)/g, "<age>"],
];

/** Makes outputs of two runs comparable: values of one run become names, and columns keep only their order. */
export function normalize(output: string): string {
  const named = patterns.reduce((text, [pattern, name]) => text.replace(pattern, name), output);
  return named
    .split("\n")
    .map((line) => line.replace(/(?<=\S)(?: {2,}|\t+)(?=\S)/g, "   ").trimEnd())
    .join("\n");
}
