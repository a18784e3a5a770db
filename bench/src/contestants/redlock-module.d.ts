/** The part of redlock 5 that the bench uses: the `exports` of the package hide its own types. */
declare module "redlock" {
  import type { Redis } from "ioredis";
  export default class Redlock {
    constructor(clients: Iterable<Redis>, settings?: { retryCount?: number });
    acquire(resources: string[], duration: number): Promise<{ release(): Promise<unknown> }>;
  }
}
