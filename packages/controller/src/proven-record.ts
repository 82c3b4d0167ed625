/**
 * A record that has been proven before it is written: it can be encoded under the cluster's metadata.version, comes
 * back the same when decoded strictly, and the image accepts it. What a committed record breaks is broken for good, on
 * every controller and broker (“poison record”).
 */
import { assert, InvariantViolation } from '@gregor/base'
import { MetadataDelta } from '@gregor/metadata'
import type { MetadataImage } from '@gregor/metadata'
import { decodeMetadataRecord, encodeMetadataRecord, LATEST_METADATA_VERSION } from '@gregor/protocol'
import type { MetadataRecord, MetadataRecordInput } from '@gregor/protocol'

export interface ProvenRecord {
  readonly record: MetadataRecord
  /** The value to write. */
  readonly bytes: Buffer
}

/** @throws InvariantViolation when a record is not fit to be written; nothing has happened then. */
export function proveRecords(inputs: readonly MetadataRecordInput[], image: MetadataImage): readonly ProvenRecord[] {
  if (inputs.length === 0) return []
  let metadataVersion = image.features.metadataVersion ?? LATEST_METADATA_VERSION
  const shadow = new MetadataDelta(image)
  const proven = inputs.map((input) => {
    // The first record of a new cluster says how the ones behind it are written.
    if (input.type === 'FeatureLevelRecord' && input.name === 'metadata.version') metadataVersion = input.featureLevel
    const one = prove(input, metadataVersion)
    replay(shadow, one.record)
    return one
  })
  shadow.apply(image)
  return proven
}

function prove(input: MetadataRecordInput, metadataVersion: number): ProvenRecord {
  const bytes = encodeMetadataRecord(input, metadataVersion)
  const record = decodeMetadataRecord(bytes)
  const again = encodeMetadataRecord(record, metadataVersion)
  assert(again.equals(bytes), `a ${input.type} comes back different: ${JSON.stringify(input)}`)
  return { record, bytes }
}

function replay(shadow: MetadataDelta, record: MetadataRecord): void {
  try {
    shadow.replay(record)
  } catch (error) {
    throw new InvariantViolation(`the image does not accept a ${record.type}: ${String(error)}`, { cause: error })
  }
}
