import assert from "node:assert/strict";
import type { Driver, TransferReply } from "@distlock/core/driver";
import { newKey, newToken, TTL } from "./calls";

/** A key, its holder's token, and the token that is to have it next. */
export interface Tokens {
  readonly key: string;
  readonly from: string;
  readonly to: string;
}

export const newTokens = (): Tokens => ({ key: newKey(), from: newToken(), to: newToken() });

export const transfer = (driver: Driver, key: string, from: string, to: string, ttl = TTL): Promise<TransferReply> =>
  driver.transfer!({ key, from, to, ttl });

export function fenceOf(reply: TransferReply): number {
  assert.equal(reply.status, "granted");
  return reply.status === "granted" ? reply.fence : 0;
}

export async function isHeldBy(driver: Driver, key: string, token: string, fence: number): Promise<void> {
  const seen = await driver.inspect(key);
  assert.deepEqual([seen.held, seen.token === token, seen.fence], [true, true, fence]);
}
