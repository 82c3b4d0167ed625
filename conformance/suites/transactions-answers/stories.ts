/**
 * What is said to both servers: dialogues made from a seed, of a producer that mostly believes what it was told last and
 * sometimes what it was told long ago, or something wrong; and some that are written out.
 */

import type { Identity, Side } from './side.ts'

const requestsPerStory = 12

/** Numbers that depend on the seed only. */
class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = Math.imul(seed, 2_654_435_761) >>> 0
  }

  below(bound: number): number {
    this.#state = (Math.imul(this.#state, 1_103_515_245) + 12_345) >>> 0
    return (this.#state >>> 8) % bound
  }

  oneOf<One>(first: One, ...others: readonly One[]): One {
    return [first, ...others][this.below(others.length + 1)] ?? first
  }
}

export interface Story {
  readonly transactionalId: string
  readonly seed: number
  /** Whether requests of KIP-890, with an epoch for each transaction, may be sent. */
  readonly hasEpochs: boolean
}

export async function tell(side: Side, { transactionalId, seed, hasEpochs }: Story): Promise<void> {
  const dice = new Dice(seed)
  const usesEpochs = hasEpochs && dice.below(3) > 0
  const known: Identity[] = []
  const learn = (identity: Identity | undefined): void => {
    if (identity !== undefined) known.push(identity)
  }
  for (let step = 0; step < requestsPerStory; step++) {
    const kind = known.length === 0 ? 0 : dice.below(10)
    if (kind <= 1) {
      const version = dice.oneOf(0, 1, 2, 3, 4, 5)
      const expected = version >= 3 && dice.below(2) === 0 ? somebody(dice, known) : undefined
      const timeoutMs = dice.below(10) === 0 ? dice.oneOf(0, -1, 900_001) : 60_000
      learn(await side.init(transactionalId, { version, timeoutMs, expected }))
    } else if (kind <= 4) {
      const version = usesEpochs ? dice.oneOf(4, 5) : dice.oneOf(0, 1, 2, 3)
      const verifyOnly = version >= 4 && dice.below(3) === 0
      const addition = { version, topic: dice.oneOf('t', 'u'), partition: dice.below(3), verifyOnly }
      await side.add(transactionalId, somebody(dice, known), addition)
    } else if (kind === 5) {
      await side.addOffsets(transactionalId, somebody(dice, known), dice.oneOf(0, 1, 2, 3, 4))
    } else {
      const version = usesEpochs || (hasEpochs && dice.below(10) === 0) ? 5 : dice.oneOf(0, 1, 2, 3, 4)
      learn(await side.end(transactionalId, somebody(dice, known), { version, committed: dice.below(2) === 0 }))
    }
  }
  await side.list({ stateFilters: [], producerIdFilters: [], transactionalIdPattern: transactionalId })
}

/** Most often the latest; now and then an epoch that nobody has. */
function somebody(dice: Dice, known: readonly Identity[]): Identity {
  const latest = known.at(-1)
  const base = dice.below(5) > 0 ? latest : known[dice.below(known.length)]
  const { producerId, producerEpoch } = base ?? { producerId: 424_242, producerEpoch: 0 }
  if (dice.below(8) > 0) return { producerId, producerEpoch }
  return { producerId, producerEpoch: Math.max(0, producerEpoch + dice.oneOf(-1, 1)) }
}

/** Of transactional ids that all begin with this. */
export async function tellOfListing(side: Side, prefix: string): Promise<void> {
  const none = { stateFilters: [], producerIdFilters: [] }
  const [empty, open, ended] = ['empty', 'open', 'ended'].map((name) => `${prefix}-${name}`)
  if (empty === undefined || open === undefined || ended === undefined) throw new Error('three names')
  const usual = { version: 5, timeoutMs: 60_000, expected: undefined }
  const addition = { version: 3, topic: 't', partition: 0, verifyOnly: false }
  await side.init(empty, usual)
  for (const transactionalId of [open, ended]) {
    const producer = await side.init(transactionalId, usual)
    if (producer === undefined) throw new Error(`${transactionalId} was not initialized`)
    await side.add(transactionalId, producer, addition)
    if (transactionalId === ended) await side.end(ended, producer, { version: 4, committed: true })
  }
  const pattern = { transactionalIdPattern: `${prefix}-.*` }
  await side.list({ ...none, ...pattern })
  await side.list({ ...none, transactionalIdPattern: prefix })
  await side.list({ ...none, ...pattern, stateFilters: ['Empty', 'CompleteCommit'] })
  await side.list({ ...none, ...pattern, stateFilters: ['empty', 'Dead', 'nonsense'] })
  await side.list({ ...none, ...pattern, producerIdFilters: [123_456_789] })
  await side.list({ ...none, ...pattern, durationFilter: 3_600_000 })
  await side.list({ ...none, ...pattern, durationFilter: 0 })
  for (const transactionalIdPattern of ['(', '(?=x)', '[z-a]', '(a)\\1'])
    await side.list({ ...none, transactionalIdPattern })
}

const lastEpoch = 32_766

/** A producer that has used up the epochs of its id, and goes on with another one; and its retries. */
export async function tellOfLastEpochs(side: Side, transactionalId: string): Promise<void> {
  const usual = { version: 5, timeoutMs: 60_000 }
  const addition = { version: 5, topic: 't', partition: 0, verifyOnly: false }
  const first = await side.init(transactionalId, { ...usual, expected: undefined })
  if (first === undefined) throw new Error(`${transactionalId} was not initialized`)
  const last = await side.useUpEpochs(transactionalId, first, lastEpoch)
  await side.add(transactionalId, last, addition)
  const next = await side.end(transactionalId, last, { version: 5, committed: true })
  await side.end(transactionalId, last, { version: 5, committed: true })
  await side.end(transactionalId, last, { version: 5, committed: false })
  if (next === undefined) throw new Error('it has another id')
  await side.init(transactionalId, { ...usual, expected: { ...last, producerEpoch: lastEpoch - 1 } })
  await side.add(transactionalId, last, addition)
  await side.add(transactionalId, next, addition)
  await side.end(transactionalId, last, { version: 5, committed: true })
  await side.end(transactionalId, next, { version: 5, committed: false })

  // By InitProducerId, too, of a new producer and of one that goes on.
  for (const goesOn of [false, true]) {
    const id = `${transactionalId}-${goesOn}`
    const begun = await side.init(id, { ...usual, expected: undefined })
    if (begun === undefined) throw new Error(`${id} was not initialized`)
    const final = await side.useUpEpochs(id, begun, lastEpoch)
    await side.init(id, { ...usual, expected: goesOn ? final : undefined })
    await side.init(id, { ...usual, expected: final })
    await side.init(id, { ...usual, expected: { ...final, producerEpoch: 3 } })
    await side.add(id, final, addition)
  }

  // A successor comes while the last transaction of the id is open.
  const id = `${transactionalId}-open`
  const begun = await side.init(id, { ...usual, expected: undefined })
  if (begun === undefined) throw new Error(`${id} was not initialized`)
  const final = await side.useUpEpochs(id, begun, lastEpoch)
  await side.add(id, final, addition)
  await side.init(id, { ...usual, expected: undefined })
  await side.init(id, { ...usual, expected: undefined })
  await side.end(id, final, { version: 5, committed: true })
}

/** Requests that are wrong whatever the state. */
export async function tellNonsense(side: Side, transactionalId: string): Promise<void> {
  const nobody = { producerId: 424_242, producerEpoch: 0 }
  const addition = { version: 3, topic: 't', partition: 0, verifyOnly: false }
  for (const id of ['', `${transactionalId}-unknown`]) {
    await side.add(id, nobody, addition)
    await side.add(id, nobody, { ...addition, version: 4 })
    await side.add(id, nobody, { ...addition, version: 5, verifyOnly: true })
    await side.addOffsets(id, nobody, 4)
    await side.end(id, nobody, { version: 4, committed: true })
    await side.end(id, nobody, { version: 5, committed: false })
  }
  const usual = { version: 5, timeoutMs: 60_000 }
  await side.init('', { ...usual, expected: undefined })
  await side.init(transactionalId, { ...usual, expected: { producerId: 5, producerEpoch: -1 } })
  await side.init(transactionalId, { ...usual, expected: { producerId: -1, producerEpoch: 5 } })
  await side.init(transactionalId, { ...usual, expected: nobody })
  await side.init(transactionalId, { ...usual, timeoutMs: 900_000, expected: undefined })
  const producer = await side.init(transactionalId, { ...usual, expected: undefined })
  if (producer === undefined) throw new Error(`${transactionalId} was not initialized`)
  await side.add(transactionalId, producer, { ...addition, topic: 'nowhere' })
  await side.add(transactionalId, producer, { ...addition, partition: 3 })
  await side.add(transactionalId, producer, { ...addition, version: 5, topic: 'nowhere' })
}
