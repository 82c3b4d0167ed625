/** What a dump finds wrong: collected file by file, told at the end on standard error, in Apache Kafka’s words. */
import { javaMapOrder } from '../java-map-order.ts'

/** The file cannot be dumped any further. The message is the whole of what is said. */
export class DumpFailure extends Error {
  override readonly name = 'DumpFailure'
}

type Pair = readonly [number, number]

/** By the absolute path of the file. */
class PairsByFile {
  readonly #pairs = new Map<string, Pair[]>()

  add(path: string, pair: Pair): void {
    const pairs = this.#pairs.get(path)
    if (pairs === undefined) this.#pairs.set(path, [pair])
    else pairs.push(pair)
  }

  /** @param line - of one pair; `order` sorts them, and of pairs with one first number keeps the last. */
  *lines(title: string, line: (pair: Pair) => string, order?: 'ascending' | 'descending'): Generator<string> {
    for (const path of javaMapOrder([...this.#pairs.keys()])) {
      yield `${title}${path}`
      const found = this.#pairs.get(path) ?? []
      const shown = order === undefined ? found : [...new Map(found)].toSorted(([a], [b]) => a - b)
      for (const pair of order === 'descending' ? shown.toReversed() : shown) yield line(pair)
    }
  }
}

export class DumpFindings {
  /** Offset in the index, last offset of the batch it points to. */
  readonly indexMismatches = new PairsByFile()
  /** Timestamp in the index, largest in the batch. */
  readonly timestampMismatches = new PairsByFile()
  /** Timestamp in the index, the one before. */
  readonly timestampsOutOfOrder = new PairsByFile()
  /** Offset in the index, last offset of the batch that has it; -1 where none has. */
  readonly offsetsNotFound = new PairsByFile()
  /** Offset, the one behind it. */
  readonly gaps = new PairsByFile()

  lines(): Iterable<string> {
    return findingLines(this)
  }
}

function* findingLines(findings: DumpFindings): Generator<string> {
  yield* findings.indexMismatches.lines(
    'Mismatches in :',
    ([index, log]) => `  Index offset: ${index}, log offset: ${log}`,
    'descending',
  )
  yield* findings.timestampMismatches.lines(
    'Found timestamp mismatch in :',
    ([index, log]) => `  Index timestamp: ${index}, log timestamp: ${log}`,
  )
  yield* findings.timestampsOutOfOrder.lines(
    'Found out of order timestamp in :',
    ([index, before]) => `  Index timestamp: ${index}, Previously indexed timestamp: ${before}`,
  )
  yield* findings.offsetsNotFound.lines(
    'The following indexed offsets are not found in :',
    ([index, log]) => `Indexed offset: ${index}, found log offset: ${log}`,
  )
  yield* findings.gaps.lines(
    'Non-consecutive offsets in ',
    ([offset, next]) => `  ${offset} is followed by ${next}`,
    'ascending',
  )
}
