import type { Redis } from "ioredis";

/** The work of the server until now. */
export interface ServerCosts {
  /** CPU time in µs. */
  readonly cpu: number;
  /** How often each command ran, also inside of scripts. */
  readonly calls: Readonly<Record<string, number>>;
}

export async function readServerCosts(control: Redis): Promise<ServerCosts> {
  const [cpu, stats] = await Promise.all([control.info("cpu"), control.info("commandstats")]);
  const seconds = (name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, "m").exec(cpu)?.[1]);
  const calls = [...stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(([, name, count]) => [name!, Number(count)]);
  return { cpu: (seconds("used_cpu_user") + seconds("used_cpu_sys")) * 1e6, calls: Object.fromEntries(calls) };
}

/** Calls of some commands between two looks. */
export const callsBetween = (before: ServerCosts, after: ServerCosts, ...names: readonly string[]): number =>
  names.reduce((sum, name) => sum + (after.calls[name] ?? 0) - (before.calls[name] ?? 0), 0);
