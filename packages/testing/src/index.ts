export { findRedisServer } from "./binary";
export { type ContractCase, type DriverTarget, driverContract } from "./driver-contract";
export { type FaultLinks, type FaultMode, type FaultOptions, type FaultProxy, startFaultProxy } from "./fault-proxy";
export { freePort, type RedisServer, type RedisServerOptions, startRedis } from "./redis-server";
export { stallEventLoop } from "./stall";
export { startWorker, type Worker, type WorkerOptions } from "./worker";
