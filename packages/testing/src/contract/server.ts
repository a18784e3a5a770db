import assert from "node:assert/strict";
import { createLocker } from "@distlock/core";
import { acquire, extend, grant, isBackendError, newKey, newToken, release, TTL } from "./calls";
import { type Cases, type ServerScene, SHORT_LEASE } from "./scene";

/** The Go guides' release script, byte for byte. */
const guideRelease =
  '\n        if redis.call("get", KEYS[1]) == ARGV[1] then\n            return redis.call("del", KEYS[1])\n        else\n            return 0\n        end\n    ';

/** The keys of a driver at its server, beside the data and the locks of others. */
export const serverCases: Cases<ServerScene> = {
  "goes on after SCRIPT FLUSH between any two steps": async ({ a, command, namesOf, there }) => {
    const [key, token] = [newKey(), newToken()];
    const flush = () => command("SCRIPT", "FLUSH");
    for (let round = 0; round < 2; round++) {
      await flush();
      const fence = await grant(a, key, token);
      await flush();
      assert.equal(await grant(a, key, token), fence);
      await flush();
      assert.equal((await acquire(a, key, newToken())).status, "held");
      await flush();
      assert.equal(await extend(a, key, token), "held");
      await flush();
      assert.equal((await a.inspect(key)).held, true);
      await flush();
      assert.equal(await release(a, key, token), "released");
      await flush();
      assert.equal(await a.forceRelease({ key }), false);
      await flush();
      assert.equal((await acquire(a, key, token)).status, "dead");
      await command("DEL", there(key), ...(await namesOf(key)));
    }
  },

  "leaves data that is not a lock as it is, and says so": async ({ a, command, there }) => {
    const [list, hash, text] = [newKey(), newKey(), newKey()];
    await command("RPUSH", there(list), "precious");
    await command("HSET", there(hash), "f", "precious");
    await command("SET", there(text), "precious");
    for (const key of [list, hash, text]) {
      await assert.rejects(acquire(a, key, newToken()), isBackendError);
      await assert.rejects(a.inspect(key), isBackendError);
      await assert.rejects(a.forceRelease({ key }), isBackendError);
      assert.equal(await extend(a, key, newToken()), "lost");
      assert.equal(await release(a, key, newToken()), "lost");
      await assert.rejects(createLocker(a).acquire(key), { code: "LOCK_BACKEND", message: /not a lock/ });
    }
    assert.deepEqual(await command("LRANGE", there(list), "0", "-1"), ["precious"]);
    assert.equal(await command("HGET", there(hash), "f"), "precious");
    assert.equal(await command("GET", there(text)), "precious");
    assert.equal(Number(await command("PTTL", there(text))), -1);
    const [key, token] = [newKey(), newToken()];
    await grant(a, key, token);
    const batch = [list, key, hash].map((each) => ({ key: each, token, ttl: 2 * TTL }));
    assert.deepEqual(await Promise.all(batch.map((lock) => a.extend(lock))), ["lost", "held", "lost"]);
    for (const key of [list, hash, text]) await command("DEL", there(key));
  },

  "excludes a holder that speaks SET NX PX and the guides' release script, and is excluded by it": async (scene) => {
    const { a, b, command, there, freed } = scene;
    const [key, token] = [newKey(), newToken()];
    const name = there(key);
    assert.equal(await command("SET", name, "guide", "PX", String(TTL), "NX"), "OK");
    const reply = await acquire(a, key, token);
    assert.ok(reply.status === "held" && reply.remaining > TTL / 2);
    assert.equal(await extend(a, key, token), "lost");
    assert.equal(await release(a, key, token), "lost");
    assert.equal((await a.inspect(key)).held, true);
    assert.equal(Number(await command("EVAL", guideRelease, "1", name, "guide")), 1);
    await grant(a, key, token);
    assert.equal(await command("SET", name, "guide", "PX", String(TTL), "NX"), null);
    assert.equal(Number(await command("EVAL", guideRelease, "1", name, "guide")), 0);
    assert.equal(await command("GET", name), token);
    assert.equal(await release(a, key, token), "released");
    assert.equal(await command("SET", name, "guide", "PX", String(TTL), "NX"), "OK");
    assert.equal(await a.forceRelease({ key }), true);
    assert.equal(await command("SET", name, "guide", "PX", String(SHORT_LEASE), "NX"), "OK");
    await freed(key);
    await grant(b, key);
  },

  "keeps the lock as a plain string with a ttl, and no companion without one": async (scene) => {
    const { a, command, namesOf, there } = scene;
    const [key, token] = [newKey(), newToken()];
    await grant(a, key, token);
    assert.equal(await command("GET", there(key)), token);
    await extend(a, key, token);
    await release(a, key, newToken(), true);
    await release(a, key, token);
    await acquire(a, key, newToken());
    await a.forceRelease({ key });
    const names = await namesOf(key);
    assert.ok(names.length > 0);
    for (const name of names) {
      const left = Number(await command("PTTL", name));
      assert.ok(left > 0 && left <= 86_400_000, `${name} has the ttl ${left}`);
      const sharesSlot = [there(key), `{${there(key)}}~`, `${there(key)}:`].some((part) => name.includes(part));
      assert.ok(sharesSlot, `${name} is not in the slot of ${there(key)}`);
    }
  },
};
