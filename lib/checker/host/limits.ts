/** What one check may use. Every number is a wall that a hostile or broken check meets; lab authors never should. */
export interface CheckLimits {
  /** WebAssembly memory of one check, in pages of 64 KiB; the module itself needs 256. */
  memoryPagesMax: number;
  /** Processor time that the check's own code may take, host calls excluded. An interrupt ends it. */
  cpuMs: number;
  /** When one uninterrupted stretch of guest code takes this much processor time, its worker is killed. */
  stretchMsMax: number;
  /** Wall time of one check, host calls included. */
  wallMs: number;
  /** Checks of a run that are under way at once. */
  concurrency: number;
  callsMax: number;
  /** Host calls of one check that are under way at once; more wait. */
  callsAtOnce: number;
  /** JSON text of one call or result that the guest sends. */
  requestCharsMax: number;
  /** JSON text of one reply, and of all replies of a check. */
  replyCharsMax: number;
  replyCharsTotal: number;
  /** Of stdout and stderr each. */
  outputBytesMax: number;
  execTimeoutMs: number;
  evidenceMax: number;
  evidenceCharsMax: number;
}

export const defaultLimits: CheckLimits = {
  memoryPagesMax: 768, // 48 MiB
  cpuMs: 1500,
  stretchMsMax: 3000,
  wallMs: 25_000,
  concurrency: 4,
  callsMax: 200,
  callsAtOnce: 6,
  requestCharsMax: 256 * 1024,
  replyCharsMax: 2 * 1024 * 1024,
  replyCharsTotal: 16 * 1024 * 1024,
  outputBytesMax: 256 * 1024,
  execTimeoutMs: 20_000,
  evidenceMax: 100,
  evidenceCharsMax: 2000,
};
