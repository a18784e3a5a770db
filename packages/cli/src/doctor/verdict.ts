export type Status = "ok" | "warn" | "fail";

/** What a check found. */
export interface Verdict {
  readonly status: Status;
  readonly reason: string;
  /** What to do. */
  readonly advice?: string;
  /** A page of the project that says more. */
  readonly docs?: string;
}

/** A verdict, the name of its check, and the node that it is about. */
export interface Finding extends Verdict {
  readonly check: string;
  readonly node: string;
}

const bad =
  (status: Status) =>
  (reason: string, advice: string, docs?: string): Verdict => ({ status, reason, advice, ...(docs && { docs }) });

export const ok = (reason: string): Verdict => ({ status: "ok", reason });
export const warn = bad("warn");
export const fail = bad("fail");
