import assert from "node:assert/strict";
import { acquire, extend, grant, newKey, newToken, release, TTL } from "./calls";
import { type Cases, type Scene, type ServerScene, SHORT_LEASE } from "./scene";

/** How the fence of a key rises. */
export const fenceCases: Cases<Scene> = {
  "mints a higher fence with every grant, and with nothing else": async ({ a, b, freed }) => {
    const key = newKey();
    /** How a lock ends in some of the rounds; in the others it is released. */
    const ends: Readonly<Record<number, () => Promise<unknown>>> = {
      7: () => freed(key),
      8: async () => assert.equal(await b.forceRelease({ key }), true),
    };
    let last = 0;
    for (let round = 0; round < 20; round++) {
      const token = newToken();
      const expires = round === 7;
      const fence = await grant(round % 2 ? a : b, key, token, expires ? SHORT_LEASE : TTL);
      assert.ok(Number.isSafeInteger(fence) && fence > last, `fence ${fence} after ${last}`);
      last = fence;
      // A lease that expires may be over at any time: another token would get the lock.
      if (!expires) await acquire(b, key, newToken());
      await extend(a, key, token, expires ? 1 : TTL);
      assert.equal((await a.inspect(key)).fence, fence);
      await (ends[round]?.() ?? release(a, key, token));
      assert.equal((await a.inspect(key)).fence, fence);
    }
  },
};

export const fenceOnServer: Cases<ServerScene> = {
  "remembers the last fence as long as the lock lasts": async ({ a, command, namesOf, there }) => {
    const [key, token] = [newKey(), newToken()];
    const ttl = 2 * 86_400_000;
    await grant(a, key, token);
    const companion = (await namesOf(key)).find((name) => name !== there(key))!;
    for (const longer of [() => extend(a, key, token, ttl), () => acquire(a, key, token, 2 * ttl)]) {
      await command("PEXPIRE", companion, "1000");
      await longer();
      assert.ok(Number(await command("PTTL", companion)) > ttl - TTL);
    }
    await extend(a, key, token, 1_000);
    assert.ok(Number(await command("PTTL", companion)) > 2 * ttl - TTL);
    await release(a, key, token);
  },

  "goes on minting higher fences when the server has lost everything": async ({ a, b, command, namesOf }) => {
    const [key, token] = [newKey(), newToken()];
    const before = await grant(a, key, token);
    await command("DEL", ...(await namesOf(key)));
    assert.equal(await release(a, key, token), "lost");
    assert.ok((await grant(b, key)) > before);
  },
};
