import type { Check } from "../../faults/check/digest";
import { severalOf } from "./calm";

/**
 * A release that was called in time does not report a loss, even if the client sends it twice. Excused: a server that lost data since
 * the grant, and a key that another token was granted before the reply, since only the token released last is remembered.
 */
export const disowned: Check = function* (digest) {
  const { of, holdings } = digest;
  const isSeveral = severalOf(digest);
  const damages = [...of("forgot"), ...of("strayed"), ...of("fault").filter(({ name }) => /released token/.test(name))];
  for (const { worker, id, since, at } of of("disowned")) {
    const holding = holdings.get(id);
    if (holding === undefined || holding.lostAt !== undefined || isSeveral(id)) continue;
    // The server may lose the lock before the reply that grants it has arrived.
    const minted = of("minted").find((one) => one.key === holding.key && one.id === id);
    const granted = Math.min(holding.at, minted?.at ?? holding.at);
    const isExcused =
      damages.some((one) => one.at >= granted && one.at <= at) ||
      of("minted").some((one) => one.key === holding.key && one.id !== id && one.at >= since && one.at <= at);
    if (!isExcused) yield `${worker} released ${id} at ${since.toFixed(0)}, and learnt that it had lost it`;
  }
};
