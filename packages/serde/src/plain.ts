/** Bytes as they are, and nothing at all: Java’s ByteArraySerializer and VoidSerializer. */
import { SerdeError, type Serde, serde } from './serde.ts'

/** As they are, without a copy: what is written is not to be changed, what is read is a view of what was fetched. */
export function bytes(): Serde<Uint8Array, Buffer> {
  return asIs
}

/** For topics whose records have no key (or no value). Bytes that are there all the same are refused. */
export function nothing(): Serde<never> {
  return none
}

const asIs = serde<Uint8Array, Buffer>({
  write: (value) => {
    if (!(value instanceof Uint8Array)) throw new SerdeError(`${typeof value} is no Uint8Array`)
    return value
  },
  read: (value) => value,
})

const none = serde<never>({
  write: (value: unknown) => {
    throw new SerdeError(`${String(value)} was given where there is to be nothing`)
  },
  read: (value) => {
    throw new SerdeError(`${value.length} bytes were found where there is to be nothing`)
  },
})
