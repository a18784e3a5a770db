import { startRedis } from "@distlock/testing";
import { afterAll, expect, test } from "vitest";
import { newest } from "../support/clients";
import { countTogether } from "./exclusion";

const server = await startRedis();

afterAll(() => server.stop());

test.each(newest)("4 processes count to 1,000 under the lock, all on %s", async (client) => {
  expect(await countTogether(server, "locked", Array(4).fill(client))).toBe(1_000);
});
