/** What the members of a classic group of consumers read, as far as their own bytes say so (`consumer-protocol`). */
import { ByteReader, MalformedMessageError } from '@gregor/base'
import { ConsumerProtocolSubscription, decode } from '@gregor/protocol'
import type { ClassicGroup } from './classic-group.ts'
import { metadataFor } from './classic-member.ts'

/** `undefined` where it cannot be known: no consumers, or consumers with bytes of their own. */
export function subscribedTopicsOf(
  group: Pick<ClassicGroup, 'isConsumerGroup' | 'members' | 'size' | 'protocolName'>,
): ReadonlySet<string> | undefined {
  const { isConsumerGroup, protocolName } = group
  if (!isConsumerGroup) return undefined
  if (group.size === 0) return new Set()
  if (protocolName === undefined) return undefined
  try {
    return new Set([...group.members].flatMap((member) => topicsIn(metadataFor(member, protocolName))))
  } catch (error) {
    if (error instanceof MalformedMessageError) return undefined
    throw error
  }
}

/** Read as version 0, which all later ones begin with: what a client puts behind it is none of our business here. */
function topicsIn(metadata: Buffer): readonly string[] {
  const reader = new ByteReader(metadata)
  const version = reader.int16()
  if (version < 0) throw new MalformedMessageError(`a subscription of version ${version}`)
  return decode(ConsumerProtocolSubscription, 0, reader).topics
}
