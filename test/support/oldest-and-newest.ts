// Loaded before a test begins: to load a client can keep the event loop busy for longer than a lease of a test lasts.
import "ioredis-5.3";
import "ioredis-6";
import "redis-4.6";
import "redis-6";

/** The clients of each library that find their way back to a server: redis 5 does not always. */
export const oldestAndNewest: readonly string[] = ["ioredis 5.3.0", "ioredis 6.0.0", "redis 4.6.0", "redis 6.3.1"];
