/** A topic with what its keys and values are: given to producers and consumers in place of its name. */
import { bytes } from './plain.ts'
import type { Serde } from './serde.ts'

export interface Topic<Key, Value, ReadKey = Key, ReadValue = Value> {
  readonly name: string
  readonly key: Serde<Key, ReadKey>
  readonly value: Serde<Value, ReadValue>
}

const legalName = /^[a-zA-Z0-9._-]{1,249}$/

/**
 * Nothing is asked of the cluster; the topic need not be there. Keys and values are bytes where nothing is said.
 *
 * ```ts
 * const orders = topic('orders', { key: string(), value: json(Order) })
 * ```
 *
 * @throws TypeError where no topic can have that name: 1 to 249 of a-z, A-Z, 0-9, `.`, `_` and `-`, not `.` or `..`.
 */
export function topic<Key = Uint8Array, Value = Uint8Array, ReadKey = Buffer, ReadValue = Buffer>(
  name: string,
  serdes: { readonly key?: Serde<Key, ReadKey>; readonly value?: Serde<Value, ReadValue> } = {},
): Topic<Key, Value, ReadKey, ReadValue> {
  if (!legalName.test(name) || name === '.' || name === '..')
    throw new TypeError(`${JSON.stringify(name)} is no name of a topic: 1 to 249 of a-z, A-Z, 0-9, . _ - are`)
  // Without serdes the types are those of bytes: they are what is left to infer.
  const plain = bytes() as unknown
  return {
    name,
    key: serdes.key ?? (plain as Serde<Key, ReadKey>),
    value: serdes.value ?? (plain as Serde<Value, ReadValue>),
  }
}
