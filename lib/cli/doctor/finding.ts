/** One thing that doctor looked at: a plain sentence for people, and the remedy when it is not well. */
export interface Finding {
  check: string;
  ok: boolean;
  sentence: string;
  remedy?: string;
}
