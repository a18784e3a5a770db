import type { Driver, DriverQueue } from "@distlock/core/driver";

/** The same driver with another queue: the parts that are left out are its own. */
export const withQueue = (driver: Driver, parts: Partial<DriverQueue>): Driver => ({
  ...driver,
  queue: { ...driver.queue!, ...parts },
});

/** A driver whose waiters learn of a grant by message only: no heartbeat has a reply. */
export const byMessageOnly = (driver: Driver): Driver => withQueue(driver, { heartbeat: () => new Promise(() => {}) });
