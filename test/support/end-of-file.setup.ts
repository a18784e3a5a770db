import { afterAll, expect } from "vitest";
import { beginFile, endFile } from "./end-of-file";

beginFile(expect.getState().testPath!);
afterAll(endFile);
