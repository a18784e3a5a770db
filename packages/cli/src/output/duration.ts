import { InvalidArgumentError } from "commander";

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Reads `500ms`, `30s`, `5m`, `2h` or `1d`: whole or decimal, in ms. Throws `InvalidArgumentError` for anything else. */
export function parseDuration(text: string): number {
  const [, count, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  if (count === undefined)
    throw new InvalidArgumentError("A duration is a number with a unit: 500ms, 30s, 5m, 2h or 1d.");
  return Math.round(Number(count) * UNITS[unit as keyof typeof UNITS]);
}

/** A length of time for people: `850ms`, `12.4s`, `3m10s`, `2h05m`, `4d03h`. */
export function formatDuration(ms: number): string {
  const two = (n: number) => String(Math.floor(n)).padStart(2, "0");
  if (ms < UNITS.s) return `${Math.max(Math.round(ms), 0)}ms`;
  if (ms < UNITS.m) return `${(Math.floor(ms / 100) / 10).toFixed(1)}s`;
  if (ms < UNITS.h) return `${Math.floor(ms / UNITS.m)}m${two((ms % UNITS.m) / UNITS.s)}s`;
  if (ms < UNITS.d) return `${Math.floor(ms / UNITS.h)}h${two((ms % UNITS.h) / UNITS.m)}m`;
  return `${Math.floor(ms / UNITS.d)}d${two((ms % UNITS.d) / UNITS.h)}h`;
}
