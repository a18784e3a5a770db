import type { Locker } from "@distlock/core";
export class RedisSession {
  declare readonly locker: Locker;
}
