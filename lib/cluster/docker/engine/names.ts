import { randomInt } from "node:crypto";

const adjectives =
  "able amber brave brisk calm clever cosmic curious eager fair fluent gentle glad happy honest jolly keen kind lively lucid merry mellow modest nimble patient quick quiet ready serene sharp steady sunny swift tidy vivid warm wise witty young zealous";
const people =
  "archimedes babbage bell bohr boole cerf cori curie darwin dijkstra edison einstein euclid euler faraday fermat feynman franklin galileo gauss goodall hamilton hawking hopper hypatia kepler knuth lamarr lovelace maxwell mendel mirzakhani newton noether pascal perlman ride ritchie tesla turing wozniak";

/** As "brisk_hopper", that nobody has. */
export function randomName(isTaken: (name: string) => boolean): string {
  const pick = (words: string) => {
    const list = words.split(" ");
    return list[randomInt(list.length)]!;
  };
  for (let attempt = 0; ; attempt++) {
    const name = `${pick(adjectives)}_${pick(people)}${attempt > 5 ? randomInt(1000) : ""}`;
    if (!isTaken(name)) return name;
  }
}
