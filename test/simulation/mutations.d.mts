/** The edits of each mutation that a simulation can find, by its name. */
export const simulated: Readonly<
  Record<string, readonly (readonly [file: string, from: string, to: string])[] | undefined>
>;
