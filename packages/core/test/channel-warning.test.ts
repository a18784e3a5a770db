import { channel } from "node:diagnostics_channel";
import { expect, onTestFinished, test } from "vitest";
import { channelWarning, isRefused } from "../src/driver/channel-warning";
import type { DriverQueue, Listener } from "../src/driver/driver-queue";
import { createInbox } from "../src/locker/queue/inbox";

/** A queue whose listener is open, the warning of its driver, and what was warned of. */
function stage() {
  let listener: Listener | undefined;
  const queue: DriverQueue = {
    heartbeat: () => new Promise(() => {}),
    async listen(_inbox, opened) {
      listener = opened;
      return async () => {};
    },
  };
  const warned: string[] = [];
  const note = (error: unknown) => void warned.push((error as Error).message);
  channel("distlock:warning").subscribe(note);
  const inbox = createInbox(queue, "inbox", { granted() {}, forcedOut() {}, opened() {} });
  inbox.wanted("k");
  onTestFinished(async () => {
    channel("distlock:warning").unsubscribe(note);
    await inbox.close();
  });
  const receive = () => listener!.granted("inbox:token", 1, 3_000);
  return { queue, warned, receive, warning: channelWarning(() => queue) };
}

const refusal = new Error("NOPERM no permissions to access a channel");

test("a refusal to listen is warned of once until a message arrives", () => {
  const { queue, warned, receive, warning } = stage();
  for (let i = 0; i < 2; i++) warning.unheard(refusal);
  expect(isRefused(queue)).toBe(true);
  expect(warned).toEqual([expect.stringMatching(/^the server refuses messages of grants: NOPERM/)]);
  receive();
  expect(isRefused(queue)).toBe(false);
  for (let i = 0; i < 2; i++) warning.unheard(refusal);
  expect(warned).toHaveLength(2);
});

test("a refusal to publish is warned of once, since a message of another process does not end it", () => {
  const { queue, warned, receive, warning } = stage();
  for (let i = 0; i < 2; i++) {
    warning.unpublished("k", "NOPERM");
    expect(isRefused(queue)).toBe(true);
    receive();
    expect(isRefused(queue)).toBe(false);
  }
  expect(warned).toHaveLength(1);
});

test("a refusal to publish is warned of even after a refusal to listen that is over", () => {
  const { warned, receive, warning } = stage();
  warning.unheard(refusal);
  warning.unpublished("k", "NOPERM");
  expect(warned).toHaveLength(1);
  receive();
  warning.unpublished("k", "NOPERM");
  expect(warned).toHaveLength(2);
});
