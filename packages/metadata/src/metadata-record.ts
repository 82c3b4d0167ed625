/**
 * A record of the metadata log as an image takes and gives it: every field is there. In which version it is written is
 * the business of who encodes it; a decoded record is one of these.
 */
import type { MetadataRecordType, MetadataRecord as StoredRecord } from '@gregor/protocol'

export type RecordOf<Type extends MetadataRecordType> = Omit<
  Extract<StoredRecord, { readonly type: Type }>,
  'version'
> & {
  readonly version?: number
}

export type MetadataRecord = { [Type in MetadataRecordType]: RecordOf<Type> }[MetadataRecordType]
