/**
 * A scenario: what happens in one simulated world, and what must hold at its end. All that varies is drawn from the
 * seed; so the seed alone repeats a failure. `npm run simulate` runs every file in this folder that exports one.
 */

export interface Scenario {
  readonly name: string
  /** Throws where something that must hold does not. Short: many seeds say more than one long run. */
  readonly run: (seed: number) => Promise<void>
}
