/**
 * How keys and values become bytes and values again. Anything of this shape will do, for producers, consumers and topics;
 * the built-in ones are functions, so that options have a place: `string()`, `json(schema)`.
 */

/** What may be known besides the value. */
export interface SerdeContext {
  readonly topic: string
  readonly part: 'key' | 'value'
  /** In order, with doubles. Of a record that is read, values are views of what was fetched. */
  readonly headers: readonly (readonly [name: string, value: Uint8Array | string | null])[]
}

export interface Serializer<T> {
  /**
   * Producers do not ask for `null`: it stays null.
   * @returns the bytes, which are not changed any more; or `null` for none at all.
   * @throws anything: the record is refused with a SerializationError whose cause that is.
   */
  serialize(value: T, context: SerdeContext): Uint8Array | null
}

export interface Deserializer<T> {
  /**
   * @param bytes - a view of what was fetched, to be copied by who keeps it; `null` for a tombstone, or without a key.
   * @throws anything: reading the key or value of the record throws a SerializationError whose cause that is.
   */
  deserialize(bytes: Buffer | null, context: SerdeContext): T
}

/** Both. What is read may be null whatever is written: anybody can write a tombstone. */
export interface Serde<Written, Read = Written> extends Serializer<Written>, Deserializer<Read | null> {}

/** A value that cannot be written as asked, or bytes that are not what was expected. Trying again gives the same. */
export class SerdeError extends Error {
  override readonly name = 'SerdeError'
}

/** A serde of the two ways; null is null, whatever they say. */
export function serde<Written, Read = Written>(ways: {
  readonly write: (value: Written, context: SerdeContext) => Uint8Array
  readonly read: (bytes: Buffer, context: SerdeContext) => Read
}): Serde<Written, Read> {
  return {
    serialize: (value, context) => (value === null || value === undefined ? null : ways.write(value, context)),
    deserialize: (bytes, context) => (bytes === null ? null : ways.read(bytes, context)),
  }
}
