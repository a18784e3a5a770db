import assert from "node:assert/strict";
import { acquire, newKey, newToken, TTL } from "./calls";
import type { Cases, Scene } from "./scene";

/** How a driver extends many leases at once. Single ones are extended in the cases of `acquire.ts` and `release.ts`. */
export const extendCases: Cases<Scene> = {
  "extends many leases at once and answers for each": async ({ a, b }) => {
    const locks = Array.from({ length: 251 }, (_, i) => ({
      key: `${newKey()}:${i}`,
      token: newToken(),
      ttl: 3 * TTL,
    }));
    await Promise.all(locks.map(({ key, token }, i) => (i % 3 === 0 ? null : acquire(a, key, token))));
    const answers = await Promise.all(locks.map((lock) => b.extend(lock)));
    assert.deepEqual(
      answers,
      locks.map((_, i) => (i % 3 === 0 ? "lost" : "held")),
    );
    assert.ok((await a.inspect(locks[1]!.key)).remaining > 2 * TTL);
    assert.equal((await a.inspect(locks[0]!.key)).held, false, "extending made a lock");
  },
};
