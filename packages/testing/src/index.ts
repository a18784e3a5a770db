export { findRedisServer } from "./binary";
export { type ContractCase, type DriverTarget, driverContract } from "./driver-contract";
export { type FaultMode, type FaultProxy, startFaultProxy } from "./fault-proxy";
export { freePort } from "./port";
export { type RedisCluster, type RedisClusterOptions, startCluster } from "./redis-cluster";
export { type RedisSentinel, type RedisSentinelOptions, startSentinel } from "./redis-sentinel";
export { type RedisServer, type RedisServerOptions, startRedis } from "./redis-server";
export type { Reply } from "./resp";
