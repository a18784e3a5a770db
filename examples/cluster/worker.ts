import { work } from "@distlock-examples/failover/worker";
import { openClient } from "./clients";

work(openClient);
