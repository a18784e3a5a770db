export type TurnWork<T, R> = (turn: T) => R | PromiseLike<R>;

/** The arguments of `withTurn`, whose options may be left out. Throws `TypeError` for work that is not a function. */
export function optionsAndWork<O, W>(args: readonly [work: W] | readonly [options: O, work: W]): [O | undefined, W] {
  const [options, work] = args.length === 1 ? [undefined, args[0]] : args;
  if (typeof work !== "function")
    throw new TypeError("withTurn: the last argument must be a function that takes the turn");
  return [options, work];
}
