import assert from "node:assert/strict";
import type { AcquireReply } from "@distlock/core/driver";
import { acquire, extend, grant, release } from "./calls";
import { type QueueScene, wait } from "./queue-scene";
import type { Cases } from "./scene";

const labels = [undefined, "", "api-7:4711", 'a "quote" \\', "\n\u0000\t", "🔒".repeat(12)];

/** What replies and inspections say of the holder and of the waiters. */
export const partyCases: Cases<QueueScene> = {
  "describes the holder and the place of a waiter": async ({ a, b, key, here, there, heartbeat }) => {
    for (const label of labels) {
      const [holder, first, second] = [here.newToken(label), there.newToken(), there.newToken("second")];
      const fence = await grant(a, key, holder);
      const seen = { ...(label !== undefined && { label }), since: Math.floor(fence / 1_000) };
      const describe = ({ holder, age, ahead }: Extract<AcquireReply, { status: "held" | "queued" }>) => {
        assert.ok(Number.isInteger(age) && age! >= 0 && age! < 10_000, `the holder has an age of ${age} ms`);
        return [holder, ahead];
      };
      assert.deepEqual(describe(await wait(b, key, first)), [seen, 0]);
      assert.deepEqual(describe(await wait(b, key, second)), [seen, 1]);
      const held = (await acquire(a, key, here.newToken())) as AcquireReply & { status: "held" };
      assert.equal(held.status, "held");
      assert.deepEqual(describe(held), [seen, 2]);
      const beat = await heartbeat(b, there, second, first);
      assert.deepEqual([beat.holder, beat.ahead], [seen, [1, 0]]);
      for (const token of [first, second, holder]) await release(a, key, token);
    }
  },

  "knows nothing of a holder whose token no locker made": async ({ a, b, key, there, heartbeat }) => {
    await grant(a, key, "another library's");
    const token = there.newToken();
    const { holder, age, ahead } = await wait(b, key, token);
    assert.deepEqual([holder, age, ahead], [{}, undefined, 0]);
    assert.deepEqual((await heartbeat(b, there, token)).holder, {});
    await release(b, key, token);
    await release(a, key, "another library's");
  },

  "names the first 20 waiters, in their order": async ({ a, b, key, here, there }) => {
    const holder = here.newToken("holder");
    await grant(a, key, holder);
    const places: { token: string; ticket: number }[] = [];
    for (let i = 0; i < 22; i++) {
      const token = there.newToken(`${i}`);
      places.push({ token, ticket: (await wait(b, key, token)).ticket });
    }
    const { waiting, waiters, token } = await a.inspect(key);
    assert.deepEqual([waiting, token], [22, holder]);
    assert.deepEqual(waiters, places.slice(0, 20));
    for (const each of places) await release(b, key, each.token);
    await release(a, key, holder);
  },

  "forces out the hold with a fence, and no other": async ({ a, b, key, here, there }) => {
    const [first, second] = [here.newToken(), there.newToken("second")];
    const stale = await grant(a, key, first);
    await release(a, key, first);
    const fence = await grant(b, key, second);
    assert.equal(await a.forceRelease({ key, fence: stale }), false);
    assert.equal(await a.forceRelease({ key, fence: fence + 1 }), false);
    assert.deepEqual([(await a.inspect(key)).token, there.forcedOut], [second, []]);
    const reason = "deploy 7:  two blanks, 🔒";
    assert.equal(await a.forceRelease({ key, fence, reason }), true);
    await there.received(1);
    assert.deepEqual([there.forcedOut, there.reasons], [[second], [reason]]);
    assert.equal(await a.forceRelease({ key, fence }), false);
    assert.equal((await a.inspect(key)).held, false);
  },

  "answers the extension and the release of a token that was forced out with the reason, and no other token": async ({
    a,
    b,
    key,
    here,
    there,
  }) => {
    const [first, second] = [here.newToken(), here.newToken("labelled")];
    const reason = "deploy 7:  two blanks, 🔒";
    for (const token of [first, second]) {
      await grant(a, key, token);
      assert.equal(await b.forceRelease({ key, reason: `${reason} ${token === first}` }), true);
    }
    const third = there.newToken();
    await grant(b, key, third);
    assert.deepEqual(await extend(a, key, first), { reason: `${reason} true` });
    assert.deepEqual(await extend(a, key, second), { reason: `${reason} false` });
    assert.deepEqual(await release(a, key, first), { reason: `${reason} true` });
    assert.deepEqual(await release(a, key, second, true), { reason: `${reason} false` });
    assert.equal(await extend(a, key, here.newToken()), "lost");
    assert.equal(await release(b, key, third), "released");
    assert.equal(await extend(b, key, third), "lost");
    const unexplained = here.newToken();
    await grant(a, key, unexplained);
    await b.forceRelease({ key });
    assert.equal(await extend(a, key, unexplained), "lost");
  },

  "leaves a hold alone whose token no locker made, if a fence is given": async ({ a, key }) => {
    const fence = await grant(a, key, "another library's");
    assert.equal(await a.forceRelease({ key, fence }), false);
    assert.equal(await release(a, key, "another library's"), "released");
  },
};
