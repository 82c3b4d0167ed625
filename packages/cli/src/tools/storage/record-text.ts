/** A metadata record as Java’s `toString` writes it: `FeatureLevelRecord(name='group.version', featureLevel=1)`. */
import { type Field, type MetadataRecordInput, metadataRecordTypes } from '@gregor/protocol'

export function recordText(record: MetadataRecordInput): string {
  const { message } = metadataRecordTypes[record.type]
  // Every name of a field is one of the record's.
  const values = record as unknown as Readonly<Record<string, unknown>>
  const members = Object.entries<Field>(message.fields).map(
    ([name, field]) => `${name}=${valueText(field, values[name])}`,
  )
  return `${record.type}(${members.join(', ')})`
}

/** Of the records that a bootstrap checkpoint may have: they hold no lists and no structs. */
function valueText(field: Field, value: unknown): string {
  if (field.type === 'string') return `'${String(value)}'`
  if (value instanceof Uint8Array) return `[${[...new Int8Array(value)].join(', ')}]`
  return String(value)
}
