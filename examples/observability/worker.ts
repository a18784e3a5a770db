import { work } from "@distlock-examples/stage/observability/work";
import { startTelemetry } from "./telemetry";

work(startTelemetry);
