import { expect, test } from "vitest";
import { compileTemplate } from "./go-template";

const container = {
  Name: "/web",
  State: { Running: true, Pid: 42, Error: "" },
  Config: { Labels: { "com.example.tier": "front" }, Env: ["A=1", "B=2"] },
  NetworkSettings: {
    IPAddress: "172.17.0.2",
    Ports: { "80/tcp": [{ HostIp: "0.0.0.0", HostPort: "8080" }], "443/tcp": null },
    Networks: { bridge: { IPAddress: "172.17.0.2" }, shop: { IPAddress: "172.20.0.3" } },
  },
};
const show = (text: string) => compileTemplate(text)(container);

test.each([
  ["{{.NetworkSettings.IPAddress}}", "172.17.0.2"],
  ["{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}", "172.17.0.2 172.20.0.3 "],
  [
    "{{range $name, $net := .NetworkSettings.Networks}}{{$name}}={{$net.IPAddress}};{{end}}",
    "bridge=172.17.0.2;shop=172.20.0.3;",
  ],
  ['{{(index (index .NetworkSettings.Ports "80/tcp") 0).HostPort}}', "8080"],
  ['{{index .Config.Labels "com.example.tier"}}', "front"],
  ["{{json .State}}", '{"Running":true,"Pid":42,"Error":""}'],
  [
    '{{if .State.Running}}up{{else}}down{{end}} {{if eq .Name "/x"}}x{{else if .State.Error}}e{{else}}-{{end}}',
    "up -",
  ],
  ["{{with .State}}{{.Pid}}{{end}} {{$.Name}}", "42 /web"],
  ['{{join .Config.Env ","}} {{len .Config.Env}} {{.Config.Env}}', "A=1,B=2 2 [A=1 B=2]"],
  ['{{.Name | printf "%-6s|"}}{{upper .Name}}', "/web  |/WEB"],
  ["{{- /* note */ -}}a {{- .State.Pid -}} b", "a42b"],
  ["{{.NetworkSettings.Ports}}", "map[443/tcp:<nil> 80/tcp:[map[HostIp:0.0.0.0 HostPort:8080]]]"],
])("%s", (text, expected) => {
  expect(show(text)).toBe(expected);
});

test("what does not fit is said in Go's words", () => {
  expect(() => show("{{.Nope}}")).toThrow('map has no entry for key "Nope"');
  expect(() => show("{{.Name.First}}")).toThrow("can't evaluate field First in type string");
  expect(() => show("{{nope .}}")).toThrow('function "nope" not defined');
  expect(() => show("{{.Name")).toThrow("unclosed action");
  expect(() => show("{{range .Config.Env}}x")).toThrow("unexpected EOF");
});
