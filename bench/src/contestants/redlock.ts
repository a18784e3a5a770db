/// <reference path="./redlock-module.d.ts" />
import Redlock from "redlock";
import { connectIoredis } from "./connect";
import { type Open, TTL } from "./contestant";

export const open: Open = async (port) => {
  const client = await connectIoredis(port);
  const redlock = new Redlock([client], { retryCount: -1 });
  return {
    async acquire(key) {
      const lock = await redlock.acquire([key], TTL);
      return () => lock.release();
    },
    close: async () => client.disconnect(),
  };
};
