import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type AcquireReply, createLocker, type Driver, LockError } from "@distlock/core";
import { queueContract } from "./queue-contract";
import { severalContract } from "./several-contract";
import { transferContract } from "./transfer-contract";

/** A driver to prove. */
export interface DriverTarget {
  /** Two drivers of the same place, as two processes would have. */
  readonly drivers: readonly [Driver, Driver];
  /**
   * Sends a command to the server beneath, past the driver, with keys as the server sees them. Left out where there is no
   * server: cases that need it are then not in the contract.
   */
  readonly command?: ((...args: readonly string[]) => Promise<unknown>) | undefined;
  /** What the client puts before every key. */
  readonly keyPrefix?: string | undefined;
}

/** One thing that a driver must do. `run` rejects with an assertion error if it does not. */
export interface ContractCase {
  readonly title: string;
  readonly run: () => Promise<void>;
}

const TTL = 20_000;
const SHORT = 60;
/** How much later than its ttl a lease may seem to end on a busy machine. */
const PATIENCE = 900;
const never = { abandoned: false };

const newKey = (): string => `contract:${randomUUID()}`;
const newToken = (): string => `contract:${randomUUID()}`;

async function grantOf(reply: Promise<AcquireReply>): Promise<number> {
  const answer = await reply;
  assert.equal(answer.status, "granted");
  return answer.status === "granted" ? answer.fence : 0;
}

const isBackendError = (error: unknown): true => {
  assert.ok(LockError.is(error) && error.code === "LOCK_BACKEND", `expected a LockBackendError, got ${error}`);
  return true;
};

/** The contract as plain cases: hand each to the test runner of your choice. */
export function driverContract({ drivers, command, keyPrefix = "" }: DriverTarget): readonly ContractCase[] {
  const [a, b] = drivers;
  const acquire = (driver: Driver, key: string, token: string, ttl = TTL) => driver.acquire({ key, token, ttl }, never);
  const release = (driver: Driver, key: string, token: string, undo = false) => driver.release({ key, token, undo });
  const extend = (driver: Driver, key: string, token: string, ttl = TTL) => driver.extend({ key, token, ttl });
  const freed = async (key: string) => {
    const until = performance.now() + PATIENCE;
    while ((await b.inspect(key)).held) {
      assert.ok(performance.now() < until, `still held ${PATIENCE} ms later`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };

  const cases: Record<string, () => Promise<void>> = {
    "grants a free key to one of many": async () => {
      const key = newKey();
      const replies = await Promise.all(Array.from({ length: 40 }, (_, i) => acquire(i % 2 ? a : b, key, newToken())));
      assert.equal(replies.filter(({ status }) => status === "granted").length, 1);
      assert.equal(replies.filter(({ status }) => status === "held").length, 39);
    },

    "tells how long the lease of the holder lasts": async () => {
      const key = newKey();
      await grantOf(acquire(a, key, newToken()));
      const reply = await acquire(b, key, newToken());
      assert.equal(reply.status, "held");
      assert.ok(reply.status === "held" && reply.remaining > TTL / 2 && reply.remaining <= TTL);
    },

    "tells the holder's fence again to the same token, also on another connection": async () => {
      const [key, token] = [newKey(), newToken()];
      const fence = await grantOf(acquire(a, key, token));
      assert.equal(await grantOf(acquire(a, key, token)), fence);
      assert.equal(await grantOf(acquire(b, key, token)), fence);
      assert.equal((await a.inspect(key)).fence, fence);
    },

    "makes the lease of the same token longer, never shorter": async () => {
      const [key, token] = [newKey(), newToken()];
      await grantOf(acquire(a, key, token, TTL));
      await grantOf(acquire(a, key, token, 100));
      assert.equal(await extend(a, key, token, 100), "held");
      assert.ok((await a.inspect(key)).remaining > TTL / 2);
      await grantOf(acquire(a, key, token, 3 * TTL));
      assert.ok((await a.inspect(key)).remaining > 2 * TTL);
      assert.equal(await extend(b, key, token, 5 * TTL), "held");
      assert.ok((await a.inspect(key)).remaining > 4 * TTL);
    },

    "ends the lease after its ttl, not before": async () => {
      const key = newKey();
      await grantOf(acquire(a, key, newToken(), SHORT));
      const granted = performance.now();
      await freed(key);
      // 2 ms for the rounding of whole milliseconds, which the holder's margin covers; the rest is the grant's own way here.
      assert.ok(performance.now() - granted > SHORT / 2, "freed long before the lease was over");
      await grantOf(acquire(b, key, newToken()));
    },

    "takes over after the lease: the old holder can neither free nor extend the new one's lock": async () => {
      const [key, old, next] = [newKey(), newToken(), newToken()];
      await grantOf(acquire(a, key, old, SHORT));
      await freed(key);
      const fence = await grantOf(acquire(b, key, next));
      assert.equal(await extend(a, key, old), "lost");
      assert.equal(await release(a, key, old), "lost");
      assert.equal(await release(a, key, old, true), "lost");
      assert.equal((await acquire(a, key, old)).status, "dead");
      const { held, fence: after, remaining } = await b.inspect(key);
      assert.deepEqual([held, after], [true, fence]);
      assert.ok(remaining > TTL / 2 && remaining <= TTL);
      assert.equal(await extend(b, key, next), "held");
      assert.equal(await release(b, key, next), "released");
    },

    "frees for the holder's token only, and says so again to a release that is repeated": async () => {
      const [key, token] = [newKey(), newToken()];
      await grantOf(acquire(a, key, token));
      assert.equal(await release(b, key, newToken()), "lost");
      assert.equal((await b.inspect(key)).held, true);
      assert.equal(await release(a, key, token), "released");
      assert.equal((await b.inspect(key)).held, false);
      assert.equal(await release(b, key, token), "released");
      assert.equal(await extend(a, key, token), "lost");
    },

    "says so to a release that is repeated when the next holder has the lock already": async () => {
      const [key, first, second] = [newKey(), newToken(), newToken()];
      await grantOf(acquire(a, key, first));
      await release(a, key, first);
      await grantOf(acquire(b, key, second));
      assert.equal(await release(a, key, first), "released");
      assert.equal((await acquire(a, key, first)).status, "dead");
      assert.equal((await a.inspect(key)).held, true);
      assert.equal(await release(b, key, second), "released");
    },

    "refuses a late copy of the acquire that was released last": async () => {
      const [key, token] = [newKey(), newToken()];
      await grantOf(acquire(a, key, token));
      await release(a, key, token);
      assert.equal((await acquire(b, key, token)).status, "dead");
      assert.equal((await b.inspect(key)).held, false);
    },

    "undoes an acquire in whatever order the two arrive": async () => {
      const [key, first, second] = [newKey(), newToken(), newToken()];
      assert.equal(await release(a, key, first, true), "lost");
      assert.equal((await acquire(b, key, first)).status, "dead");
      await grantOf(acquire(a, key, second));
      assert.equal(await release(b, key, second, true), "released");
      await grantOf(acquire(a, key, newToken()));
      assert.equal((await acquire(b, key, second)).status, "dead");
      assert.equal((await acquire(b, key, first)).status, "dead");
    },

    "extends many at once and answers for each": async () => {
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

    "mints a higher fence with every grant, and with nothing else": async () => {
      const key = newKey();
      let last = 0;
      for (let round = 0; round < 20; round++) {
        const token = newToken();
        const fence = await grantOf(acquire(round % 2 ? a : b, key, token, round === 7 ? SHORT : TTL));
        assert.ok(Number.isSafeInteger(fence) && fence > last, `fence ${fence} after ${last}`);
        last = fence;
        await acquire(b, key, newToken());
        await extend(a, key, token, round === 7 ? 1 : TTL);
        assert.equal((await a.inspect(key)).fence, fence);
        if (round === 7) await freed(key);
        else if (round === 8) assert.equal(await b.forceRelease(key), true);
        else await release(a, key, token);
        assert.equal((await a.inspect(key)).fence, fence);
      }
    },

    "inspects without changing anything": async () => {
      const [key, token] = [newKey(), newToken()];
      assert.deepEqual(await a.inspect(key), { held: false, remaining: 0, fence: 0, waiting: 0, token: null });
      const fence = await grantOf(acquire(a, key, token));
      const { remaining, ...rest } = await b.inspect(key);
      assert.deepEqual(rest, { held: true, fence, waiting: 0, token });
      assert.ok(remaining > TTL / 2 && remaining <= TTL);
      await release(a, key, token);
      assert.deepEqual(await b.inspect(key), { held: false, remaining: 0, fence, waiting: 0, token: null });
    },

    "forces a holder out, whose token is dead from then on": async () => {
      const [key, token] = [newKey(), newToken()];
      assert.equal(await b.forceRelease(key), false);
      await grantOf(acquire(a, key, token));
      assert.equal(await b.forceRelease(key), true);
      assert.equal((await a.inspect(key)).held, false);
      assert.equal(await extend(a, key, token), "lost");
      assert.equal(await release(a, key, token), "lost");
      assert.equal((await acquire(a, key, token)).status, "dead");
      await grantOf(acquire(b, key, newToken()));
      assert.equal((await acquire(a, key, newToken())).status, "held");
    },

    "serves keys of any content": async () => {
      const id = randomUUID();
      const keys = [
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
      for (const key of keys) {
        const token = newToken();
        const locker = createLocker(a);
        const lock = await locker.tryAcquire(key);
        assert.ok(lock, `not granted: ${JSON.stringify(key)}`);
        assert.equal((await acquire(b, key, token)).status, "held");
        await lock.extend(2 * TTL);
        await lock.release();
        await grantOf(acquire(b, key, token));
        assert.equal(await release(b, key, token), "released");
      }
      // A tag and the same text without one are two locks, and share no companion.
      const [plain, tagged] = [newToken(), newToken()];
      await grantOf(acquire(a, id, plain));
      await grantOf(acquire(a, `{${id}}`, tagged));
      assert.equal(await release(b, id, plain), "released");
      assert.equal((await b.inspect(`{${id}}`)).held, true);
      assert.equal(await release(b, `{${id}}`, tagged), "released");
    },

    "takes no two keys for one": async () => {
      const id = randomUUID();
      const keys = [
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
      const fences = new Map<string, number>();
      for (const key of keys) fences.set(key, await grantOf(acquire(a, key, `contract:${key}`)));
      for (const key of keys) {
        if (command) assert.equal(String(await command("GET", keyPrefix + key)), `contract:${key}`);
        assert.equal(await release(b, key, `contract:${key}`), "released", JSON.stringify(key));
        const { held, fence } = await b.inspect(key);
        assert.deepEqual([held, fence], [false, fences.get(key)]);
      }
    },

    "refuses keys that can't be locked, by name, before anything is sent": async () => {
      const locker = createLocker(a);
      for (const key of ["", "a}b", "{}", "x{}y{z}", "{}x", "\ud800", "{a}~fence", "{a}:queue"]) {
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

    "refuses bad ttls by name, before anything is sent": async () => {
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
      assert.deepEqual(await a.inspect(key), { held: false, remaining: 0, fence: 0, waiting: 0, token: null });
      const lock = await locker.acquire(key, { ttl: 2 ** 31 - 1 });
      for (const ttl of [0, 2, -1, 3.5, Number.NaN, 2 ** 31]) await assert.rejects(lock.extend(ttl), RangeError);
      await assert.rejects(lock.extend("5" as unknown as number), TypeError);
      assert.equal(lock.isHeld, true);
      await lock.release();
    },
  };

  if (command) {
    const there = (key: string) => keyPrefix + key;

    Object.assign(cases, {
      "goes on after SCRIPT FLUSH between any two steps": async () => {
        const [key, token] = [newKey(), newToken()];
        const flush = () => command("SCRIPT", "FLUSH");
        for (let round = 0; round < 2; round++) {
          await flush();
          const fence = await grantOf(acquire(a, key, token));
          await flush();
          assert.equal(await grantOf(acquire(a, key, token)), fence);
          await flush();
          assert.equal((await acquire(a, key, newToken())).status, "held");
          await flush();
          assert.equal(await extend(a, key, token), "held");
          await flush();
          assert.equal((await a.inspect(key)).held, true);
          await flush();
          assert.equal(await release(a, key, token), "released");
          await flush();
          assert.equal(await a.forceRelease(key), false);
          await flush();
          assert.equal((await acquire(a, key, token)).status, "dead");
          await command("DEL", there(key), ...((await command("KEYS", `*${key}*`)) as string[]));
        }
      },

      "does not send an abandoned acquire again": async () => {
        const key = newKey();
        const other = newToken();
        await grantOf(acquire(a, key, other));
        await release(a, key, other);
        await command("SCRIPT", "FLUSH");
        await assert.rejects(a.acquire({ key, token: newToken(), ttl: TTL }, { abandoned: true }), /NOSCRIPT/);
        assert.equal((await a.inspect(key)).held, false);
      },

      "leaves data that is no lock as it is, and says so": async () => {
        const list = newKey();
        const hash = newKey();
        const text = newKey();
        await command("RPUSH", there(list), "precious");
        await command("HSET", there(hash), "f", "precious");
        await command("SET", there(text), "precious");
        for (const key of [list, hash, text]) {
          await assert.rejects(acquire(a, key, newToken()), isBackendError);
          await assert.rejects(a.inspect(key), isBackendError);
          await assert.rejects(a.forceRelease(key), isBackendError);
          assert.equal(await extend(a, key, newToken()), "lost");
          assert.equal(await release(a, key, newToken()), "lost");
          await assert.rejects(createLocker(a).acquire(key), { code: "LOCK_BACKEND", message: /no lock/ });
        }
        assert.deepEqual(await command("LRANGE", there(list), "0", "-1"), ["precious"]);
        assert.equal(await command("HGET", there(hash), "f"), "precious");
        assert.equal(await command("GET", there(text)), "precious");
        assert.equal(Number(await command("PTTL", there(text))), -1);
        const [key, token] = [newKey(), newToken()];
        await grantOf(acquire(a, key, token));
        const batch = [list, key, hash].map((each) => ({ key: each, token, ttl: 2 * TTL }));
        assert.deepEqual(await Promise.all(batch.map((lock) => a.extend(lock))), ["lost", "held", "lost"]);
        for (const key of [list, hash, text]) await command("DEL", there(key));
      },

      "excludes a holder that speaks SET NX PX and the guides' release script, and is excluded by it": async () => {
        // The Go guides' commands, byte for byte.
        const guideRelease =
          '\n        if redis.call("get", KEYS[1]) == ARGV[1] then\n            return redis.call("del", KEYS[1])\n        else\n            return 0\n        end\n    ';
        const [key, token] = [newKey(), newToken()];
        const name = there(key);
        assert.equal(await command("SET", name, "guide", "PX", String(TTL), "NX"), "OK");
        const reply = await acquire(a, key, token);
        assert.ok(reply.status === "held" && reply.remaining > TTL / 2);
        assert.equal(await extend(a, key, token), "lost");
        assert.equal(await release(a, key, token), "lost");
        assert.equal((await a.inspect(key)).held, true);
        assert.equal(Number(await command("EVAL", guideRelease, "1", name, "guide")), 1);
        await grantOf(acquire(a, key, token));
        assert.equal(await command("SET", name, "guide", "PX", String(TTL), "NX"), null);
        assert.equal(Number(await command("EVAL", guideRelease, "1", name, "guide")), 0);
        assert.equal(await command("GET", name), token);
        assert.equal(await release(a, key, token), "released");
        assert.equal(await command("SET", name, "guide", "PX", String(TTL), "NX"), "OK");
        assert.equal(await a.forceRelease(key), true);
        assert.equal(await command("SET", name, "guide", "PX", String(SHORT), "NX"), "OK");
        await freed(key);
        await grantOf(acquire(b, key, newToken()));
      },

      "keeps the lock as a plain string with a ttl, and no companion without one": async () => {
        const [key, token] = [newKey(), newToken()];
        await grantOf(acquire(a, key, token));
        assert.equal(await command("GET", there(key)), token);
        await extend(a, key, token);
        await release(a, key, newToken(), true);
        await release(a, key, token);
        await acquire(a, key, newToken());
        await a.forceRelease(key);
        const names = ((await command("KEYS", `*${key}*`)) as unknown[]).map(String);
        assert.ok(names.length > 0);
        for (const name of names) {
          const left = Number(await command("PTTL", name));
          assert.ok(left > 0 && left <= 86_400_000, `${name} has the ttl ${left}`);
          const sharesSlot = [there(key), `{${there(key)}}~`, `${there(key)}:`].some((part) => name.includes(part));
          assert.ok(sharesSlot, `${name} is not in the slot of ${there(key)}`);
        }
      },

      "keeps the memory of the last fence alive as long as the lock": async () => {
        const [key, token] = [newKey(), newToken()];
        const ttl = 2 * 86_400_000;
        await grantOf(acquire(a, key, token));
        const companion = ((await command("KEYS", `*${key}*`)) as unknown[])
          .map(String)
          .find((name) => name !== there(key))!;
        for (const longer of [() => extend(a, key, token, ttl), () => acquire(a, key, token, 2 * ttl)]) {
          await command("PEXPIRE", companion, "1000");
          await longer();
          assert.ok(Number(await command("PTTL", companion)) > ttl - TTL);
        }
        await extend(a, key, token, 1_000);
        assert.ok(Number(await command("PTTL", companion)) > 2 * ttl - TTL);
        await release(a, key, token);
      },

      "goes on minting higher fences when the server has lost everything": async () => {
        const [key, token] = [newKey(), newToken()];
        const before = await grantOf(acquire(a, key, token));
        const lost = ((await command("KEYS", `*${key}*`)) as unknown[]).map(String);
        await command("DEL", ...lost);
        assert.equal(await release(a, key, token), "lost");
        assert.ok((await grantOf(acquire(b, key, newToken()))) > before);
      },
    } satisfies typeof cases);
  }
  const queueing = a.listen && b.listen ? queueContract({ drivers, command, keyPrefix }) : [];
  const several = severalContract({ drivers, command, keyPrefix });
  const transfers = transferContract({ drivers, command, keyPrefix });
  return [...Object.entries(cases).map(([title, run]) => ({ title, run })), ...queueing, ...several, ...transfers];
}
