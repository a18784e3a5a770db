import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type Driver, LockError } from "@distlock/core";
import type { AcquireReply, ExtendReply, ReleaseReply } from "@distlock/core/driver";

/** The ttl of a lease that lasts longer than its case. */
export const TTL = 20_000;

/** The caller still waits for the answer. */
export const call = { abandoned: false };

export const newKey = (): string => `contract:${randomUUID()}`;
export const newToken = (): string => `contract:${randomUUID()}`;

/** Acquires without waiting. */
export const acquire = (driver: Driver, key: string, token: string, ttl = TTL): Promise<AcquireReply> =>
  driver.acquire({ keys: [key], token, ttl }, call);

/** Acquires, and waits in the queue of the key at the place of the ticket, or at its end. */
export const enter = (driver: Driver, key: string, token: string, ticket = 0): Promise<AcquireReply> =>
  driver.acquire({ keys: [key], token, ttl: TTL, place: { key, ticket } }, call);

export const extend = (driver: Driver, key: string, token: string, ttl = TTL): Promise<ExtendReply> =>
  driver.extend({ key, token, ttl });

export const release = (driver: Driver, key: string, token: string, tombstone = false): Promise<ReleaseReply> =>
  driver.release({ key, token, tombstone });

/** Acquires a lock that must be granted, and resolves with its fence. */
export async function grant(driver: Driver, key: string, token = newToken(), ttl = TTL): Promise<number> {
  const reply = await acquire(driver, key, token, ttl);
  assert.equal(reply.status, "granted");
  return reply.status === "granted" ? reply.fences[0]! : 0;
}

/** For `assert.rejects`. */
export const isBackendError = (error: unknown): true => {
  assert.ok(LockError.is(error) && error.code === "LOCK_BACKEND", `expected a LockBackendError, got ${error}`);
  return true;
};
