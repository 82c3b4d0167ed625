/**
 * Small batches that are written in one go are copied together first: cheaper than a vector of many parts. The result
 * is good until the next call.
 */

const smallBatchBytes = 4096
const together = Buffer.allocUnsafeSlow(256 * 1024)

export function writeTogether(batches: readonly Buffer[]): readonly Buffer[] {
  if (batches.length === 1) return batches
  const byteCount = batches.reduce((sum, { length }) => sum + length, 0)
  if (byteCount > together.length || byteCount > batches.length * smallBatchBytes) return batches
  let position = 0
  for (const batch of batches) position += batch.copy(together, position)
  return [together.subarray(0, byteCount)]
}
