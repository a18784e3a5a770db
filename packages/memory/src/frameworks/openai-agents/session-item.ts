import { encodeObject, encodeObjects } from "../../store/json-text";

/** An item as JSON. Throws `TypeError`, under the name that the caller knows it by, for what is none, or JSON can't write. */
export const encodeItem = (what: string, item: unknown): string => encodeObject(what, "an item", item);

/** Several, also none, in their order. Throws `TypeError`. */
export const encodeItems = (what: string, items: unknown): string[] => encodeObjects(what, "an item", items, 0);
