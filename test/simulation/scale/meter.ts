/** The kinds of commands that are counted, and the messages that the server publishes. */
export const kinds = ["acquire", "extend", "release", "heartbeat", "listen", "message"] as const;
export type Kind = (typeof kinds)[number];
export type Counts = Readonly<Record<Kind, number>>;

/** Counts what the server does, in steps of 100 ms. */
export interface Meter {
  /** Commands, and messages, in all. */
  readonly total: Counts;
  count(kind: Kind): void;
  /** Notes that the server was busy for some ms. */
  busy(ms: number): void;
  /** How many there were from one time to another. */
  between(from: number, to: number): Counts;
  /** Which part of this time the server was busy. */
  loadBetween(from: number, to: number): number;
}

export const STEP = 100;

const nothing = (): Record<Kind, number> => ({
  acquire: 0,
  extend: 0,
  release: 0,
  heartbeat: 0,
  listen: 0,
  message: 0,
});

export const commandsOf = ({ message: _, ...commands }: Counts): number =>
  Object.values(commands).reduce((sum, count) => sum + count, 0);

export const minus = (a: Counts, b: Counts): Counts =>
  Object.fromEntries(kinds.map((kind) => [kind, a[kind] - b[kind]])) as Counts;

export function createMeter(now: () => number): Meter {
  const total = nothing();
  const steps: { readonly counts: Record<Kind, number>; busy: number }[] = [];

  function step() {
    const i = Math.floor(now() / STEP);
    steps[i] ??= { counts: nothing(), busy: 0 };
    return steps[i];
  }

  /** The steps of a time. Both ends are rounded to whole steps. */
  const within = (from: number, to: number) => steps.slice(Math.round(from / STEP), Math.round(to / STEP));

  return {
    total,
    count(kind) {
      total[kind]++;
      step().counts[kind]++;
    },
    busy(ms) {
      step().busy += ms;
    },
    between(from, to) {
      const sum = nothing();
      for (const one of within(from, to)) for (const kind of kinds) sum[kind] += one?.counts[kind] ?? 0;
      return sum;
    },
    loadBetween: (from, to) => within(from, to).reduce((sum, one) => sum + (one?.busy ?? 0), 0) / (to - from),
  };
}
