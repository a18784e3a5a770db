type Edits = readonly (readonly [file: string, from: string, to: string])[];

/** Plays seeds on a core with these edits. Resolves with the first violation, or with `undefined` if every promise was kept. */
export function hunt(
  edits: Edits,
  seconds: number,
): Promise<{ readonly seed?: number; readonly scenario?: string; readonly why: string } | undefined>;
