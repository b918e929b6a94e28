import { describe, expect, test } from "vitest";
import { compileCel } from "./program";

const run = (expression: string, variables: Record<string, unknown> = {}) =>
  compileCel(expression).run(variables);

describe("expressions that hold", () => {
  test.each([
    "['x', 'y'].all(i, v, i < 2 && size(v) == 1) && {'a': 1}.all(k, v, k == 'a' && v == 1)",
    "['x', 'y'].exists(i, v, i == 1 && v == 'y') && [0, 1].exists(i, v, 1 / v > 0) && ![1].exists(i, v, v == 2)",
    "['x', 'y'].existsOne(i, v, v == 'x') && ![1, 1].existsOne(i, v, v == 1) && [1, 2].existsOne(v, v == 2)",
    "['x', 'y'].transformList(i, v, i) == [0, 1] && ['x', 'y'].transformList(i, v, i > 0, v + '!') == ['y!']",
    "{'a': 1, 'b': 2}.transformMap(k, v, v * 10) == {'a': 10, 'b': 20} && [7].transformMap(i, v, v)[0] == 7",
    "{'a': 1, 'b': 2}.transformMap(k, v, k == 'a', v * 10) == {'a': 10}",
    "['x', 'y'].transformMapEntry(i, v, {v: i}) == {'x': 0, 'y': 1}",
    "[1, 2].all(i, v, [1, 2].all(j, w, i == j || v != w))",
    "isIP('10.0.0.1') && isIP('::1') && !isIP('10.0.0') && !isIP('fe80::1%eth0') && !isIP('::ffff:1.2.3.4')",
    "ip('10.0.0.1').family() == 4 && ip('::1').family() == 6",
    "ip('127.0.0.1').isLoopback() && ip('::1').isLoopback() && !ip('10.0.0.1').isLoopback()",
    "ip('0.0.0.0').isUnspecified() && ip('::').isUnspecified()",
    "ip('169.254.1.1').isLinkLocalUnicast() && ip('fe80::1').isLinkLocalUnicast()",
    "ip('224.0.0.1').isLinkLocalMulticast() && ip('ff02::1').isLinkLocalMulticast()",
    "ip('10.0.0.1').isGlobalUnicast() && !ip('255.255.255.255').isGlobalUnicast()",
    "ip.isCanonical('2001:db8::abcd') && !ip.isCanonical('2001:DB8::ABCD') && !ip.isCanonical('2001:db8:0:0::abcd')",
    "ip('2001:db8::1') == ip('2001:db8:0::1') && string(ip('2001:db8:0:0:1:0:0:1')) == '2001:db8::1:0:0:1'",
    "isCIDR('10.0.0.0/8') && !isCIDR('10.0.0.0/33') && !isCIDR('10.0.0.0')",
    "cidr('192.168.0.0/24').containsIP('192.168.0.7') && !cidr('192.168.0.0/24').containsIP(ip('192.168.1.7'))",
    "cidr('192.168.0.0/16').containsCIDR('192.168.10.0/24') && !cidr('192.168.10.0/24').containsCIDR(cidr('192.168.0.0/16'))",
    "cidr('192.168.1.7/24').masked() == cidr('192.168.1.0/24') && cidr('::1/64').prefixLength() == 64",
    "cidr('192.168.1.7/24').ip() == ip('192.168.1.7') && string(cidr('192.168.0.0/24')) == '192.168.0.0/24'",
    "isQuantity('1.5Gi') && !isQuantity('200K')",
    "quantity('50k').isInteger() && quantity('50k').asInteger() == 50000 && !quantity('50m').isInteger()",
    "quantity('1G').isGreaterThan(quantity('1M')) && quantity('1').isLessThan(quantity('1.5'))",
    "quantity('50k').add(quantity('20k')) == quantity('70k') && quantity('50k').sub(50000) == quantity('0')",
    "quantity('200M').compareTo(quantity('0.2G')) == 0 && quantity('-1').sign() == -1",
    "quantity('1500m').asApproximateFloat() == 1.5",
    "isURL('https://example.com/a?b=c') && isURL('/path') && !isURL('../relative') && !isURL('http://a b')",
    "url('https://user@example.com:80/pa%20th?q=1&q=2').getHost() == 'example.com:80'",
    "url('https://[::1]:80/').getHostname() == '::1' && url('https://[::1]:80/').getPort() == '80'",
    "url('https://example.com/pa%20th').getEscapedPath() == '/pa%20th' && url('HTTPS://x').getScheme() == 'https'",
    "url('https://x/?q=1&q=2').getQuery() == {'q': ['1', '2']}",
    "!format.dns1123Label().validate('web-1').hasValue() && format.dns1123Label().validate('Web').hasValue()",
    "format.named('dns1123Subdomain').hasValue() && !format.named('nope').hasValue()",
    "format.named('uuid').value().validate('x').value() == ['does not match the UUID format']",
    "'abc abd'.findAll('ab.') == ['abc', 'abd'] && 'abc abd'.findAll('ab.', 1) == ['abc']",
    "'abc'.charAt(1) == 'b' && 'a-b-c'.replace('-', '_') == 'a_b_c' && 'a-b-c'.replace('-', '_', 1) == 'a_b-c'",
    "sets.contains([1, 2, 3], [2]) && sets.intersects([1], [1, 2]) && sets.equivalent([1, 2], [2, 1, 1])",
    "[1, 2, 2].isSorted() && ![2, 1].isSorted() && [1, 2].sum() == 3 && [3, 1].min() == 1 && [3, 1].max() == 3",
  ])("%s", (expression) => {
    expect(run(expression)).toBe(true);
  });
});

test("format prints as Go does", () => {
  expect(run("'%s %s %d %x %%'.format(['a', [1, true], 10, 255])")).toBe("a [1, true] 10 ff %");
});

test.each([
  ["ip('nope')", 'IP Address "nope" parse error during conversion from string'],
  ["quantity('lots')", "quantities must match the regular expression"],
  ["url(':')", "URL parse error during conversion from string"],
  ["cidr('10.0.0.0')", "network address parse error during conversion from string"],
])("%s fails in upstream's words", (expression, message) => {
  expect(() => run(expression)).toThrow(message);
});

test("what a text function makes is bounded", () => {
  const text = "a".repeat(100_000);
  expect(() => run("self.replace('a', self)", { self: text })).toThrow("actual cost limit exceeded");
});

test("values of a cluster take part", () => {
  const self = { limit: "1Gi", range: "10.0.0.0/8", hosts: ["10.1.2.3", "10.9.9.9"] };
  expect(run("self.hosts.all(h, cidr(self.range).containsIP(h))", { self })).toBe(true);
  expect(run("quantity(self.limit).isLessThan(quantity('2Gi'))", { self })).toBe(true);
});
