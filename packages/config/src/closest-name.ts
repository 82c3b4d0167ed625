/** What was meant by a name that is not known: the most alike of those that are. */

/** The candidate that is at most `distanceMax` letters away (inserted, dropped or changed), where there is one. */
export function closestName(name: string, candidates: Iterable<string>, distanceMax = 2): string | undefined {
  let best: string | undefined
  let bestDistance = distanceMax + 1
  for (const known of candidates) {
    if (Math.abs(known.length - name.length) >= bestDistance) continue
    const distance = editDistance(name, known)
    if (distance >= bestDistance) continue
    best = known
    bestDistance = distance
  }
  return best
}

/** Levenshtein's: letters to insert, drop or change. */
function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(changed, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1))
    }
    above = row
  }
  return above[b.length] ?? 0
}
