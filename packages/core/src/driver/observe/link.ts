// Tested by packages/core/test/observe.test.ts, test/locking/links.test.ts
import { reportBroken } from "./facts";
import { observers } from "./observer";
import type { AcquireOperation } from "./operation";

/** It is a part of tokens, which scripts and messages take apart at blanks and colons. */
const LINK = /^[\w-]{1,64}$/;

/** The link of the first observer that has one. */
export function linkOf(operation: AcquireOperation): string | undefined {
  for (const observer of observers) {
    try {
      const link = observer.link?.(operation);
      if (link === undefined) continue;
      if (LINK.test(link)) return link;
      throw new RangeError("a link must have 1 to 64 characters of base64url");
    } catch (error) {
      reportBroken(observer, error);
    }
  }
  return undefined;
}
