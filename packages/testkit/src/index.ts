/** Simulated worlds, workloads and checkers for tests. Tests of lower floors import `@gregor/testkit/simulation`. */
export * from './simulation/index.ts'
export type { Scenario } from './scenarios/scenario.ts'
