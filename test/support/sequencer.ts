import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Takes as long as a third of all tests, and waits most of the time. */
const LONGEST = "test/topology/failover-cluster.test.ts";

/** The longest file first, so that the others run beside it, and not before it. */
export class Sequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLongest = ({ moduleId }: TestSpecification) => moduleId.endsWith(LONGEST);
    const sorted = await super.sort(files);
    return [...sorted.filter(isLongest), ...sorted.filter((file) => !isLongest(file))];
  }
}
