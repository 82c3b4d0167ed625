/**
 * The logged state of a controller: the image with everything applied, committed or not, and the little that an image
 * does not keep. Images are immutable and share what did not change, so that to remember a state is to keep a
 * reference, and to go back is to take it up again.
 */
import { emptyImage, MetadataDelta, PersistentMap } from '@gregor/metadata'
import type { MetadataImage, TopicsDelta } from '@gregor/metadata'
import type { MetadataRecord } from '@gregor/protocol'
import { collisionKey, mayCollide } from './topic-name.ts'

interface Version {
  readonly image: MetadataImage
  /** Where the latest registration record of each broker stands. */
  readonly registrationOffsets: PersistentMap<number, number>
  /** By `collisionKey`: the topic that has a name which others could collide with. */
  readonly collidingNames: PersistentMap<string, string>
  /** Of the metadata transaction that is open. */
  readonly transaction: { readonly offset: number; readonly before: Version } | undefined
}

const start: Version = {
  image: emptyImage,
  registrationOffsets: PersistentMap.empty(),
  collidingNames: PersistentMap.empty(),
  transaction: undefined,
}

export class ControllerState {
  #version = start
  /** What was applied since the version was made. */
  #delta: MetadataDelta | undefined
  #offset = -1
  #registrations: (readonly [number, number])[] = []
  #marks: { readonly offset: number; readonly version: Version }[] = []

  /** With everything applied so far. */
  get image(): MetadataImage {
    return this.#current().image
  }

  /** The offset of the record that began the open metadata transaction; `undefined` where there is none. */
  get transactionStartOffset(): number | undefined {
    return this.#version.transaction?.offset
  }

  registrationOffset(brokerId: number): number | undefined {
    const version = this.#current()
    return version.registrationOffsets.get(brokerId) ?? version.image.brokers.get(brokerId)?.epoch
  }

  /** The topic whose name differs from this one in `.` and `_` only. */
  collidingTopic(name: string): string | undefined {
    return mayCollide(name) ? this.#current().collidingNames.get(collisionKey(name)) : undefined
  }

  /** @throws MetadataFault when the record contradicts the state. */
  apply(record: MetadataRecord, offset: number): void {
    this.#offset = offset
    switch (record.type) {
      case 'BeginTransactionRecord':
        this.#version = { ...this.#current(), transaction: { offset, before: this.#current() } }
        return
      case 'EndTransactionRecord':
        this.#version = { ...this.#current(), transaction: undefined }
        return
      case 'AbortTransactionRecord':
        this.#abort()
        return
      default:
        if (record.type === 'RegisterBrokerRecord') this.#registrations.push([record.brokerId, offset])
        this.#delta ??= new MetadataDelta(this.#version.image)
        this.#delta.replay(record)
    }
  }

  /** Takes over a snapshot. Forgets the marks: a snapshot is committed. */
  restore(image: MetadataImage): void {
    const names = [...image.topics.byName.keys()].filter(mayCollide)
    this.#set({ ...start, image, collidingNames: PersistentMap.from(names.map((name) => [collisionKey(name), name])) })
    this.#marks = []
  }

  mark(offset: number): void {
    this.#marks.push({ offset, version: this.#current() })
  }

  /** @throws RangeError when no mark is that old. */
  rollbackTo(offset: number): void {
    const kept = this.#marks.filter((mark) => mark.offset <= offset)
    const mark = kept.at(-1)
    if (mark === undefined) throw new RangeError(`no mark at or below ${offset}`)
    this.#marks = kept
    this.#set(mark.version)
  }

  forgetMarksBelow(offset: number): void {
    const next = this.#marks.findIndex((mark) => mark.offset > offset)
    const keptFrom = (next === -1 ? this.#marks.length : next) - 1
    if (keptFrom > 0) this.#marks = this.#marks.slice(keptFrom)
  }

  #current(): Version {
    if (this.#delta === undefined) return this.#version
    const { epoch, appendTimeMs } = this.#version.image
    this.#version = {
      image: this.#delta.apply({ offset: this.#offset, epoch, appendTimeMs }),
      registrationOffsets: this.#version.registrationOffsets.with(this.#registrations),
      collidingNames: this.#version.collidingNames.with(collisionChanges(this.#delta.topics)),
      transaction: this.#version.transaction,
    }
    this.#delta = undefined
    this.#registrations = []
    return this.#version
  }

  #abort(): void {
    const before = this.#version.transaction?.before
    this.#set(before === undefined ? this.#current() : before)
  }

  #set(version: Version): void {
    this.#version = version
    this.#delta = undefined
    this.#registrations = []
  }
}

function* collisionChanges({
  before,
  changed,
  deletedIds,
}: TopicsDelta): Generator<readonly [string, string | undefined]> {
  for (const topicId of deletedIds) {
    const name = before.byId.get(topicId)?.name
    if (name !== undefined && mayCollide(name)) yield [collisionKey(name), undefined]
  }
  for (const topic of changed.values()) {
    if (topic.before === undefined && mayCollide(topic.name)) yield [collisionKey(topic.name), topic.name]
  }
}
