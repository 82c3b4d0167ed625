/** Text, and ids in their text form, as UTF-8: Java’s StringSerializer and UUIDSerializer. */
import { SerdeError, type Serde, serde } from './serde.ts'

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const loneSurrogate = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g

/** UTF-8. Half a surrogate pair is written as `?`; bytes that are no UTF-8 are read as U+FFFD. */
export function string(): Serde<string> {
  return text
}

/** `123e4567-e89b-12d3-a456-426614174000`, as 36 letters; written in lower case. @throws SerdeError for anything else. */
export function uuid(): Serde<string> {
  return uuidText
}

const text = serde<string>({ write: utf8, read: (bytes) => bytes.toString('utf8') })

const uuidText = serde<string>({
  write: (value) => Buffer.from(checkedUuid(value).toLowerCase()),
  read: (bytes) => checkedUuid(bytes.toString('latin1')).toLowerCase(),
})

function utf8(value: string): Buffer {
  if (typeof value !== 'string') throw new SerdeError(`${typeof value} is no text`)
  return Buffer.from(value.isWellFormed() ? value : value.replace(loneSurrogate, '?'))
}

function checkedUuid(value: string): string {
  if (typeof value === 'string' && uuidForm.test(value)) return value
  throw new SerdeError(
    `${JSON.stringify(value)} is no UUID of 36 characters, such as 123e4567-e89b-12d3-a456-426614174000`,
  )
}
