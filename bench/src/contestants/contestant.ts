/** A library at work, on connections of its own. */
export interface Locking {
  /** Waits for the lock, however long that takes; returns the function that releases it. */
  acquire(key: string): Promise<() => Promise<unknown>>;
  /** Acquires a lock whose lease is kept alive from then on. Absent where the library keeps none alive without a callback. */
  keep?(key: string, ttl: number): Promise<void>;
  close(): Promise<void>;
}

/** Opens a library on the server at a port of 127.0.0.1. */
export type Open = (port: number) => Promise<Locking>;

/** The lease that every library asks for, in ms. */
export const TTL = 30_000;
