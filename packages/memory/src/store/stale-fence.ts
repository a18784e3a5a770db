import { StaleTurnError } from "./stale-turn-error";

/** For a fence below the highest that has read or written, or for none where there are fences. */
export const staleFence = (key: string, fence: number | undefined, last: number | string): StaleTurnError =>
  new StaleTurnError(
    key,
    fence === undefined
      ? `it gave no fence, and others read and write under a lock, the last of them with the fence ${last}`
      : `the conversation was read or written with the fence ${last}, above its own, ${fence}`,
  );
