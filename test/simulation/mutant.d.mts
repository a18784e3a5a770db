type Edits = readonly (readonly [file: string, from: string, to: string])[];

/** Plays seeds on a core with these edits: of all scenarios in turn, or from a seed of one scenario on. Resolves with the first violation, or with `undefined` if every promise was kept. */
export function hunt(
  edits: Edits,
  seconds: number,
  from?: { readonly scenario?: string; readonly seed?: number },
): Promise<
  { readonly seed?: number; readonly scenario?: string; readonly why: string; readonly seconds?: number } | undefined
>;
