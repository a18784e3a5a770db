/** For `CLUSTER ADDSLOTS`: ADDSLOTSRANGE came with Redis 7.0. */
export const allSlots: readonly number[] = Array.from({ length: 16_384 }, (_, slot) => slot);
