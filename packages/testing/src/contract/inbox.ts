import { randomBytes, randomUUID } from "node:crypto";
import type { Driver, Listener } from "@distlock/core/driver";

/** An open inbox, and its messages in order. */
export interface Inbox {
  readonly name: string;
  readonly grants: readonly { readonly token: string; readonly fence: number; readonly claim: number }[];
  readonly forcedOut: readonly string[];
  newToken(): string;
  /** Resolves when so many messages have come in all. */
  received(count: number): Promise<void>;
  close(): Promise<void>;
}

export async function openInbox({ queue }: Driver): Promise<Inbox> {
  const name = randomBytes(12).toString("base64url");
  const grants: Inbox["grants"][number][] = [];
  const forcedOut: string[] = [];
  let wake = () => {};
  const listener: Listener = {
    granted(token, fence, claim) {
      grants.push({ token, fence, claim });
      wake();
    },
    forcedOut(token) {
      forcedOut.push(token);
      wake();
    },
    ended() {},
  };
  const close = await queue!.listen(name, listener, new AbortController().signal);
  return {
    name,
    grants,
    forcedOut,
    newToken: () => `${name}:${randomUUID()}`,
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
