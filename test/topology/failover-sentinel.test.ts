import { startSentinel } from "@distlock/testing";
import { afterAll } from "vitest";
import { newestOf, sentinelClients } from "../support/clients";
import { refuseUnhandledRejections } from "../support/unhandled";
import { testFailover } from "./failover";

const sentinel = await startSentinel();

refuseUnhandledRejections();
afterAll(() => sentinel.stop());

testFailover(
  { kind: "Sentinel", topology: sentinel, clients: newestOf(sentinelClients), primary: () => sentinel.primary() },
  [
    {
      what: "kill -9 of the primary",
      async fail(primary) {
        await primary.signal("SIGKILL");
        await sentinel.stable();
      },
    },
    {
      what: "a frozen primary",
      async fail(primary) {
        await primary.signal("SIGSTOP");
        await sentinel.stable();
      },
    },
    { what: "SENTINEL FAILOVER", fail: () => sentinel.failover() },
  ],
);
