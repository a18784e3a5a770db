import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createLocker, LockError } from "@distlock/core";
import { acquire, grant, newKey, newToken, release, TTL } from "./calls";
import type { Cases, Scene } from "./scene";

/** Text that a driver, a client or a server could misread. */
const anyContent = (id: string): string[] => [
  `${id} it's "quoted" \`so\` \\ $1 %s`,
  `${id}\r\nDEL other\n\t\0`,
  `{${id}}`,
  `{${id}}:lock`,
  `a{${id}}b{c}`,
  `${id}{`,
  `${id}{unclosed`,
  `${id} Zürich 東京 🔒 e\u0301`,
  `${id}*?[a-z]`,
  id.padEnd(1_024, "k"),
  `${id}:1.5`,
];

/** Keys that are alike. */
const lookAlikes = (id: string): string[] => [
  `${id}K`,
  `${id}k`,
  `${id} `,
  ` ${id}`,
  `${id}\n`,
  id,
  `${id}\0a`,
  `${id}\0b`,
  `${id}\u00e9`,
  `${id}e\u0301`,
  `${id}ж`,
  `${id}я`,
  id.padEnd(1_023, "x"),
  id.padEnd(1_024, "x"),
  `${id}:fence`,
  `${id}:queue`,
  `${id}~fence`,
];

/** Which keys and ttls a driver serves, and which ones its locker refuses. */
export const keyCases: Cases<Scene> = {
  "serves keys of any content": async ({ a, b }) => {
    const id = randomUUID();
    for (const key of anyContent(id)) {
      const token = newToken();
      const lock = await createLocker(a).tryAcquire(key);
      assert.ok(lock, `not granted: ${JSON.stringify(key)}`);
      assert.equal((await acquire(b, key, token)).status, "held");
      await lock.extend(2 * TTL);
      await lock.release();
      await grant(b, key, token);
      assert.equal(await release(b, key, token), "released");
    }
    // A tag and the same text without one are two locks, and share no companion.
    const [plain, tagged] = [newToken(), newToken()];
    await grant(a, id, plain);
    await grant(a, `{${id}}`, tagged);
    assert.equal(await release(b, id, plain), "released");
    assert.equal((await b.inspect(`{${id}}`)).held, true);
    assert.equal(await release(b, `{${id}}`, tagged), "released");
  },

  "treats different keys as different locks": async ({ a, b, command, keyPrefix }) => {
    const keys = lookAlikes(randomUUID());
    const fences = new Map<string, number>();
    for (const key of keys) fences.set(key, await grant(a, key, `contract:${key}`));
    for (const key of keys) {
      if (command) assert.equal(String(await command("GET", keyPrefix + key)), `contract:${key}`);
      assert.equal(await release(b, key, `contract:${key}`), "released", JSON.stringify(key));
      const { held, fence } = await b.inspect(key);
      assert.deepEqual([held, fence], [false, fences.get(key)]);
    }
  },

  "refuses keys that can't be locked, by name, before anything is sent": async ({ a }) => {
    const locker = createLocker(a);
    for (const key of ["", "a}b", "{}", "x{}y{z}", "{}x", "\ud800", "{a}~fence", "{a}:queue1"]) {
      for (const call of [
        () => locker.tryAcquire(key),
        () => locker.acquire(key),
        () => locker.withLock(key, () => assert.fail("worked")),
        () => locker.inspect(key),
        () => locker.forceRelease(key),
      ]) {
        await assert.rejects(call, (error) => /^key /.test((error as Error).message) && !LockError.is(error));
      }
    }
    for (const key of [undefined, null, 7, Buffer.from("k")]) {
      await assert.rejects(locker.acquire(key as unknown as string), TypeError);
    }
  },

  "refuses bad ttls by name, before anything is sent": async ({ a }) => {
    const locker = createLocker(a);
    const key = newKey();
    for (const ttl of [0, 1, 2, -1, 3.5, Number.NaN, 2 ** 31, Number.POSITIVE_INFINITY]) {
      await assert.rejects(locker.tryAcquire(key, { ttl }), {
        name: "RangeError",
        message: /^ttl .*3 to 2147483647/,
      });
      await assert.rejects(locker.acquire(key, { ttl }), RangeError);
      await assert.rejects(
        locker.withLock(key, { ttl }, () => assert.fail("worked")),
        RangeError,
      );
      assert.throws(() => createLocker(a, { ttl }), RangeError);
    }
    assert.deepEqual(await a.inspect(key), {
      held: false,
      remaining: 0,
      fence: 0,
      waiting: 0,
      token: null,
      waiters: [],
    });
    const lock = await locker.acquire(key, { ttl: 2 ** 31 - 1 });
    for (const ttl of [0, 2, -1, 3.5, Number.NaN, 2 ** 31]) await assert.rejects(lock.extend(ttl), RangeError);
    await assert.rejects(lock.extend("5" as unknown as number), TypeError);
    assert.equal(lock.isHeld, true);
    await lock.release();
  },
};
