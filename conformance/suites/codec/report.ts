/** Counts what was compared, by group, and keeps the first differences of each. */

const DIFFERENCES_SHOWN = 5

export class Report {
  readonly #groups = new Map<string, { compared: number; differences: number; shown: string[] }>()

  compared(group: string, count = 1): void {
    this.#of(group).compared += count
  }

  difference(group: string, what: string): void {
    const counts = this.#of(group)
    counts.differences++
    if (counts.shown.length < DIFFERENCES_SHOWN) counts.shown.push(what)
  }

  get totalCompared(): number {
    return [...this.#groups.values()].reduce((sum, { compared }) => sum + compared, 0)
  }

  get totalDifferences(): number {
    return [...this.#groups.values()].reduce((sum, { differences }) => sum + differences, 0)
  }

  /** One line per group, then what differs. */
  lines(): string[] {
    const lines: string[] = []
    for (const [group, { compared, differences }] of this.#groups) {
      lines.push(
        `${group.padEnd(44)} ${String(compared).padStart(8)} compared ${String(differences).padStart(4)} different`,
      )
    }
    for (const [group, { shown }] of this.#groups) {
      for (const each of shown) lines.push(`${group}: ${each}`)
    }
    return lines
  }

  #of(group: string): { compared: number; differences: number; shown: string[] } {
    let counts = this.#groups.get(group)
    if (counts === undefined) this.#groups.set(group, (counts = { compared: 0, differences: 0, shown: [] }))
    return counts
  }
}
