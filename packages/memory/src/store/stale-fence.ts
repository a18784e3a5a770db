import { StaleTurnError } from "./stale-turn-error";

/** For a fence below the highest that has read or written, or for none where there are fences. */
export const staleFence = (key: string, fence: number | undefined, last: number | string): StaleTurnError =>
  new StaleTurnError(
    key,
    fence === undefined
      ? `it has no fence, but others read and write under a lock, the last one with the fence ${last}`
      : `the conversation was read or written with the fence ${last}, above its own, ${fence}`,
  );
