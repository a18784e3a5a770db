import { startRedis } from "@distlock/testing";
import { afterAll, expect, test } from "vitest";
import { blocks, programsOf } from "./doc-blocks";

const server = await startRedis();

/** The connection of the docs, with the whole contract behind it. */
const name = "docs-drivers-glide.ts";
const shown = (await blocks()).find(({ text }) => text.includes("function glideConnection"))!;
const contract = `
import { driverContract } from "@distlock/testing";
const other = await GlideClient.createClient(options);
const drivers = [redisDriver(glideConnection(client, options)), redisDriver(glideConnection(other, options))] as const;
const command = async (...args: readonly string[]) => client.customCommand([...args]);
for (const { title, run } of driverContract({ drivers, command })) {
  await run().catch((cause) => {
    throw new Error(\`not kept: \${title}\`, { cause });
  });
}
other.close();
`;
const end = "client.close();\n";
/** By default GLIDE awaits an answer for 250 ms, which is too short for a busy machine. */
const [options, patient] = ["const options = { ", "const options = { requestTimeout: 10_000, "];
const text = shown.text.replace(end, contract + end).replace(options, patient);
const programs = await programsOf([{ ...shown, name, text }], ".blocks-glide");

afterAll(async () => {
  await programs.remove();
  await server.stop();
});

test("the connection for GLIDE that the docs show keeps the driver contract", async () => {
  for (const part of [options, end]) expect(shown.text).toContain(part);
  await programs.run(name, server.url);
});
