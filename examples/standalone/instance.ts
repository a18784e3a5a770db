import { runInstance } from "@distlock-examples/stage/turns/instance";
import { jsonBlobMemory, lockMemory } from "./shared-conversation";

runInstance({ openMemory: jsonBlobMemory, lockMemory });
