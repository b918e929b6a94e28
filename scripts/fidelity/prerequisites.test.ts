import { expect, test } from "vitest";
import { prerequisitesOf } from "./prerequisites";

const earlier = [
  { text: "k run web --image nginx:alpine" },
  { text: "k create namespace shop" },
  { text: "k expose pod web --port 80 --name web-service" },
  { text: "apiVersion: v1\nkind: Pod\nmetadata:\n  labels: {}\n  name: cache\n" },
];

test("what is acted on must have been made", () => {
  expect(prerequisitesOf("k expose pod -n default web --name other", earlier)).toEqual([earlier[0]]);
  expect(prerequisitesOf("kubectl label pod/cache tier=db", earlier)).toEqual([earlier[3]]);
});

test("what those build on comes first", () => {
  const all = [...earlier, { text: "k create deployment db --image redis\nk label pod cache a=b" }];
  expect(prerequisitesOf("k scale deployment db --replicas 2", all)).toEqual([all[3], all[4]]);
});

test("what makes its own objects needs nothing", () => {
  expect(prerequisitesOf("k run web --image nginx\nk expose pod web --port 80", earlier)).toEqual([]);
  expect(prerequisitesOf("k create deployment api --image nginx -n shop", earlier)).toEqual([]);
});
