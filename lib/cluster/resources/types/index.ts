export type * from "./meta";
export type * from "./container";
export type * from "./pod";
export type * from "./volume";
export type * from "./cluster";
export type * from "./network";
export type * from "./workload";
export type * from "./policy";
