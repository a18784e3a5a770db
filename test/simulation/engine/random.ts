import { createRandom, type Random } from "../../faults/random";

/** A 32-bit number of a text (FNV-1a). */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 1;
}

/**
 * Chance of one part of a simulation, by its name. Each part has its own, so that a part that is taken away, as shrinking does,
 * changes nothing for the others.
 */
export const randomOf = (seed: number, name: string): Random => createRandom(hashOf(`${seed} ${name}`));

const WHOLE = 2 ** 30;

/** A number from `from` up to `to`. */
export const between = (random: Random, from: number, to: number): number =>
  from + ((to - from) * random.int(0, WHOLE - 1)) / WHOLE;
