export { findRedisServer } from "./binary";
export { type ContractCase, type DriverTarget, driverContract } from "./driver-contract";
export { type FaultMode, type FaultProxy, startFaultProxy } from "./fault-proxy";
export { freePort, type RedisServer, type RedisServerOptions, startRedis } from "./redis-server";
