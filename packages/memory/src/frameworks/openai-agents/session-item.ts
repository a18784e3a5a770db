import { encodeObject, encodeObjects } from "../../store/json-text";

/** An item as JSON. Throws `TypeError`, which calls it `what`, for a value that is not an item, or that JSON can't write. */
export const encodeItem = (what: string, item: unknown): string => encodeObject(what, "an item", item);

/** Encodes any number of items, in their order. Throws `TypeError`. */
export const encodeItems = (what: string, items: unknown): string[] => encodeObjects(what, "an item", items, 0);
