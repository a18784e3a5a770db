import type { Leases } from "@distlock/core";

/** Throws `TypeError` for a value that is not leases, such as a driver. */
export function assertLeases(user: string, leases: unknown): asserts leases is Leases {
  if (typeof (leases as Partial<Leases> | undefined)?.holder === "function") return;
  throw new TypeError(`${user} needs leases, such as createLeases(ioredisDriver(client))`);
}
