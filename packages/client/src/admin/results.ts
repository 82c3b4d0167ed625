/**
 * What a call about many things gives: for each thing its value, or the error that kept it from having one. Nothing is
 * thrown because one of many failed; whoever wants all or nothing says `all()`.
 */

/** One thing that was asked for, and what came of it. `error` is undefined exactly where there is a value. */
export type Result<Item, Value> =
  | { readonly item: Item; readonly value: Value; readonly error: undefined }
  | { readonly item: Item; readonly value: undefined; readonly error: Error }

/**
 * In the order in which the things were asked for, each once.
 *
 * ```ts
 * for (const { item, value, error } of await admin.deleteTopics(['a', 'b'])) …
 * ```
 */
export class Results<Item, Value> implements Iterable<Result<Item, Value>> {
  readonly #byKey: ReadonlyMap<string, Result<Item, Value>>
  readonly #keyOf: (item: Item) => string

  constructor(results: Iterable<Result<Item, Value>>, keyOf: (item: Item) => string) {
    this.#byKey = new Map(Array.from(results, (result) => [keyOf(result.item), result]))
    this.#keyOf = keyOf
  }

  get size(): number {
    return this.#byKey.size
  }

  [Symbol.iterator](): Iterator<Result<Item, Value>> {
    return this.#byKey.values()
  }

  /** Undefined where nothing was asked about it. */
  get(item: Item): Result<Item, Value> | undefined {
    return this.#byKey.get(this.#keyOf(item))
  }

  /**
   * What came of one thing.
   * @throws its error; RangeError where nothing was asked about it.
   */
  value(item: Item): Value {
    const result = this.get(item)
    if (result === undefined) throw new RangeError(`nothing was asked about ${this.#keyOf(item)}`)
    return valueOf(result)
  }

  /**
   * The values of all.
   * @throws the first error there is.
   */
  all(): readonly Value[] {
    return Array.from(this, valueOf)
  }

  /** Those that have no value. */
  get failures(): readonly { readonly item: Item; readonly error: Error }[] {
    return Array.from(this).flatMap(({ item, error }) => (error === undefined ? [] : [{ item, error }]))
  }
}

function valueOf<Item, Value>(result: Result<Item, Value>): Value {
  if (result.error !== undefined) throw result.error
  return result.value
}
