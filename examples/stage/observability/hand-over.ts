import type { Span } from "./span";

/** A lock that its holder has passed on to a waiter. */
export interface HandOver {
  /** The holder's span `distlock.hold`. */
  readonly hold: Span;
  /** The waiter's span `distlock.acquire`. */
  readonly acquire: Span;
}

const keyOf = ({ attributes }: Span): unknown => attributes["distlock.lock.key"];
const fenceOf = ({ attributes }: Span): number => Number(attributes["distlock.fence"]);

/** All calls to which a holder passed the lock on. */
const handedOver = (spans: readonly Span[]): Span[] =>
  spans.filter(({ name, attributes }) => name === "distlock.acquire" && attributes["distlock.handed_over"] === true);

/** The hold before this grant: the last one of the key that has a lower fence. */
function holdBefore(spans: readonly Span[], acquire: Span): Span | undefined {
  return spans
    .filter((span) => span.name === "distlock.hold" && keyOf(span) === keyOf(acquire))
    .filter((hold) => fenceOf(hold) < fenceOf(acquire))
    .reduce<Span | undefined>((last, hold) => (last && fenceOf(last) > fenceOf(hold) ? last : hold), undefined);
}

const aheadOf = ({ acquire }: HandOver): number => Number(acquire.attributes["distlock.wait.ahead"]);
const waitOf = ({ acquire }: HandOver): number => acquire.to - acquire.from;

/** The hand-over between two processes that is the easiest to read: nobody else was in the queue, and the wait was long. */
export function findHandOver(spans: readonly Span[]): HandOver | undefined {
  return handedOver(spans)
    .flatMap((acquire): HandOver[] => {
      const hold = holdBefore(spans, acquire);
      return hold && hold.worker !== acquire.worker ? [{ hold, acquire }] : [];
    })
    .sort((a, b) => aheadOf(a) - aheadOf(b) || waitOf(b) - waitOf(a))[0];
}
