import type { createMemoryState } from "@chat-adapter/state-memory";
import { createLeases, createLocker, inProcessDriver } from "@distlock/core";
import type { AgentControllerConfig } from "@mastra/core/agent-controller";
import type { LeaseProvider as MastraLeaseProvider, PubSub } from "@mastra/core/events";
import type { Lock, StateAdapter } from "chat";
import { expectTypeOf, test } from "vitest";
import { type StateLock, type StateLocks, withLocks } from "../../src/frameworks/chat-sdk";
import { type LeaseProvider, leaseProvider, threadLock } from "../../src/frameworks/mastra";

const driver = inProcessDriver();
const leases = createLeases(driver);

test("Mastra's plugs are what Mastra takes", () => {
  expectTypeOf(leaseProvider(leases)).toExtend<MastraLeaseProvider>();
  expectTypeOf<MastraLeaseProvider>().toExtend<LeaseProvider>();
  const plug = (pubsub: PubSub) => Object.assign(pubsub, leaseProvider(leases));
  expectTypeOf(plug).returns.toExtend<PubSub & MastraLeaseProvider>();
  expectTypeOf(threadLock(createLocker(driver))).toExtend<NonNullable<AgentControllerConfig["threadLock"]>>();
});

test("a state adapter with our locks is of the type that it was", () => {
  expectTypeOf(withLocks<StateAdapter>).returns.toEqualTypeOf<StateAdapter>();
  expectTypeOf<StateAdapter>().toExtend<StateLocks>();
  expectTypeOf<StateLock>().toEqualTypeOf<Lock>();
  expectTypeOf<ReturnType<typeof createMemoryState>>().toExtend<StateLocks>();
});

test("takes nothing else", () => {
  const wrong = [
    // @ts-expect-error: a driver is not leases
    () => leaseProvider(driver),
    // @ts-expect-error: nor is a locker
    () => leaseProvider(createLocker(driver)),
    // @ts-expect-error: the signal would end a wait that has an end
    () => threadLock(createLocker(driver), { signal: AbortSignal.abort() }),
    // @ts-expect-error: a state has locks
    () => withLocks({ get: async () => null }, leases),
  ];
  expectTypeOf(wrong).toBeArray();
});
