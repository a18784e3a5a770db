/** The edits of each mutation that a simulation can find, by its name. */
export const simulated: Readonly<
  Record<string, readonly (readonly [file: string, from: string, to: string])[] | undefined>
>;

/** The mutations of TypeScript that a simulation cannot find, each with the reason. */
export const unseen: Readonly<Record<string, string>>;

/** The mutations that no rule and no scenario finds within a minute so far, each with what it would take. */
export const missed: Readonly<Record<string, string>>;
