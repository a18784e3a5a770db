import { randomBytes, randomUUID } from "node:crypto";
import type { Driver, Listener } from "@distlock/core/driver";

/** An open inbox, and its messages in order. */
export interface Inbox {
  readonly name: string;
  readonly grants: readonly { readonly token: string; readonly fence: number; readonly claim: number }[];
  readonly forcedOut: readonly string[];
  /** What the messages "forced out" named as their reasons. */
  readonly reasons: readonly (string | undefined)[];
  /** A token as a locker makes it. */
  newToken(label?: string): string;
  /** Resolves when so many messages have come in all. */
  received(count: number): Promise<void>;
  close(): Promise<void>;
}

export async function openInbox({ queue }: Driver): Promise<Inbox> {
  const name = randomBytes(12).toString("base64url");
  const grants: Inbox["grants"][number][] = [];
  const forcedOut: string[] = [];
  const reasons: (string | undefined)[] = [];
  let wake = () => {};
  const listener: Listener = {
    granted(token, fence, claim) {
      grants.push({ token, fence, claim });
      wake();
    },
    forcedOut(token, reason) {
      forcedOut.push(token);
      reasons.push(reason);
      wake();
    },
    ended() {},
  };
  const close = await queue!.listen(name, listener, new AbortController().signal);
  return {
    name,
    grants,
    forcedOut,
    reasons,
    newToken(label) {
      const token = `${name}:${randomUUID()}`;
      return label === undefined ? token : `${token}:${Buffer.from(label).toString("base64url")}`;
    },
    async received(count) {
      while (grants.length + forcedOut.length < count) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    close,
  };
}
