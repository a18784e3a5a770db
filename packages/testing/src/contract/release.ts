import assert from "node:assert/strict";
import { acquire, extend, grant, newKey, newToken, release } from "./calls";
import type { Cases, Scene } from "./scene";

/** How a driver frees a lock, and refuses a token that no longer wants it. */
export const releaseCases: Cases<Scene> = {
  "frees for the holder's token only, and answers a repeated release like the first": async ({ a, b }) => {
    const [key, token] = [newKey(), newToken()];
    await grant(a, key, token);
    assert.equal(await release(b, key, newToken()), "lost");
    assert.equal((await b.inspect(key)).held, true);
    assert.equal(await release(a, key, token), "released");
    assert.equal((await b.inspect(key)).held, false);
    assert.equal(await release(b, key, token), "released");
    assert.equal(await extend(a, key, token), "lost");
  },

  "answers a repeated release like the first even when the next holder has the lock already": async ({ a, b }) => {
    const [key, first, second] = [newKey(), newToken(), newToken()];
    await grant(a, key, first);
    await release(a, key, first);
    await grant(b, key, second);
    assert.equal(await release(a, key, first), "released");
    assert.equal((await acquire(a, key, first)).status, "dead");
    assert.equal((await a.inspect(key)).held, true);
    assert.equal(await release(b, key, second), "released");
  },

  "refuses a late copy of the acquire that was released last": async ({ a, b }) => {
    const [key, token] = [newKey(), newToken()];
    await grant(a, key, token);
    await release(a, key, token);
    assert.equal((await acquire(b, key, token)).status, "dead");
    assert.equal((await b.inspect(key)).held, false);
  },

  "undoes an acquire in whatever order the two arrive": async ({ a, b }) => {
    const [key, first, second] = [newKey(), newToken(), newToken()];
    assert.equal(await release(a, key, first, true), "lost");
    assert.equal((await acquire(b, key, first)).status, "dead");
    await grant(a, key, second);
    assert.equal(await release(b, key, second, true), "released");
    await grant(a, key);
    assert.equal((await acquire(b, key, second)).status, "dead");
    assert.equal((await acquire(b, key, first)).status, "dead");
  },

  "forces a holder out, whose token is dead from then on": async ({ a, b }) => {
    const [key, token] = [newKey(), newToken()];
    assert.equal(await b.forceRelease({ key }), false);
    await grant(a, key, token);
    assert.equal(await b.forceRelease({ key }), true);
    assert.equal((await a.inspect(key)).held, false);
    assert.equal(await extend(a, key, token), "lost");
    assert.equal(await release(a, key, token), "lost");
    assert.equal((await acquire(a, key, token)).status, "dead");
    await grant(b, key);
    assert.equal((await acquire(a, key, newToken())).status, "held");
  },

  "compares tokens as a whole: one that begins like a dead token lives": async ({ a, b }) => {
    for (const end of [
      (key: string, token: string) => release(b, key, token),
      (key: string) => b.forceRelease({ key }),
    ]) {
      const [key, part] = [newKey(), newToken()];
      await grant(a, key, `${part}2`);
      await end(key, `${part}2`);
      await grant(a, key, part);
      assert.equal(await release(b, key, part), "released");
    }
  },
};
