import type { Driver, RedisConnection } from "@distlock/core/driver";

/** A client of Redis, as the locker and the memory need it. It goes on trying to connect; until it is connected its calls fail soon. */
export interface OpenRedis {
  readonly driver: Driver;
  readonly connection: RedisConnection;
  /** Whether it is connected now. */
  isReady(): boolean;
  close(): void;
}
