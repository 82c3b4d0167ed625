import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConsumerWorld, imageWith, settle, TestConsumer } from '../consumer-fixture.ts'
import { resolveRegexes } from './regexes.ts'

const three = { 'logs-a': 1, 'logs-b': 1, other: 1 }

/** A member that subscribes by expression, and has what it stands for. */
function resolvedWorld(regex = 'logs-.*'): { world: ConsumerWorld; m: TestConsumer } {
  const world = new ConsumerWorld(three)
  const m = new TestConsumer(world, 'm', { regex })
  m.beat()
  world.resolve()
  settle([m])
  return { world, m }
}

describe('A subscription by regular expression', () => {
  it('has nothing before it is resolved, and what it stands for with the heartbeat after', () => {
    const world = new ConsumerWorld(three)
    const joined = world.beat({ epoch: 0, regex: 'logs-.*' })
    assert.deepEqual([joined.error, joined.assigned], ['NONE', {}])
    world.resolve()
    assert.deepEqual(world.beat({ epoch: joined.epoch }).assigned, { 'logs-a': [0], 'logs-b': [0] })
  })

  it('matches whole names', () => {
    assert.deepEqual(Object.keys(resolvedWorld('logs').m.owned), [])
    assert.deepEqual(Object.keys(resolvedWorld('logs-[ab]').m.owned), ['logs-a', 'logs-b'])
    assert.deepEqual(Object.keys(resolvedWorld('(?i)LOGS-A').m.owned), ['logs-a'])
    assert.deepEqual(Object.keys(resolvedWorld('logs-a|other').m.owned), ['logs-a', 'other'])
  })

  for (const regex of ['(', 'a(?=b)', '(?<=a)b', '(a)\\1', '[b-a]', 'a{1001}', '*']) {
    it(`${regex} is none that RE2 knows`, () => {
      const world = new ConsumerWorld(three)
      const answer = world.beat({ epoch: 0, regex })
      assert.equal(answer.error, 'INVALID_REGULAR_EXPRESSION')
      assert.ok(answer.message?.startsWith(`SubscribedTopicRegex \`${regex}\` is not a valid regular expression: `))
      assert.deepEqual(world.records, [])
    })
  }

  it('that would take a backtracking engine for ever does not take long', () => {
    const name = `${'a'.repeat(200)}!`
    const world = new ConsumerWorld({ [name]: 1 })
    world.setImage(imageWith({ [name]: 1 }, { ids: { [name]: 'AAECAwQFBgcICQoLDA0ODw' } }))
    world.beat({ epoch: 0, regex: '(a|aa)+' })
    world.resolve()
    assert.deepEqual(world.beat({ epoch: 1 }).assigned, undefined)
  })

  it('does not show topics that the member may not see', () => {
    const world = new ConsumerWorld(three)
    world.beat({ epoch: 0, regex: '.*', mayDescribe: (topic) => topic !== 'logs-b' })
    world.resolve()
    assert.deepEqual(Object.keys(world.beat({ epoch: 1 }).assigned ?? {}), ['logs-a', 'other'])
  })

  it('goes together with names', () => {
    const world = new ConsumerWorld(three)
    const joined = world.beat({ epoch: 0, topics: ['other'], regex: 'logs-a' })
    assert.deepEqual(joined.assigned, { other: [0] })
    world.resolve()
    assert.deepEqual(world.beat({ epoch: joined.epoch }).assigned, { 'logs-a': [0], other: [0] })
  })

  it('is stored with its topics, the metadata it was resolved with, and when', () => {
    const { world } = resolvedWorld()
    assert.deepEqual(
      world.records.find(({ type }) => type === 'ConsumerGroupRegularExpression'),
      {
        type: 'ConsumerGroupRegularExpression',
        key: { groupId: 'g', regularExpression: 'logs-.*' },
        value: { topics: ['logs-a', 'logs-b'], version: 1, timestamp: 1_000_000 },
      },
    )
  })

  it('of a second member is known already', () => {
    const { world, m } = resolvedWorld()
    const n = new TestConsumer(world, 'n', { regex: 'logs-.*' })
    n.beat()
    assert.deepEqual(world.resolutions, [])
    settle([m, n])
    assert.deepEqual([Object.keys(m.owned).length, Object.keys(n.owned).length], [1, 1])
  })

  it('is looked at again when there are new topics, but not within ten seconds', () => {
    const { world, m } = resolvedWorld()
    world.setImage(imageWith({ ...three, 'logs-c': 1 }, { offset: 2 }))
    m.beat()
    assert.equal(world.resolutions.length, 0)
    world.advance(10_001)
    m.beat()
    m.beat()
    assert.equal(world.resolutions.length, 1)
    world.resolve()
    settle([m])
    assert.deepEqual(Object.keys(m.owned), ['logs-a', 'logs-b', 'logs-c'])
  })

  it('is looked at again after ten minutes, and changes nothing where nothing has changed', () => {
    const { world, m } = resolvedWorld()
    const { epoch } = m
    for (let ms = 0; ms <= 630_000; ms += 30_000) {
      m.beat()
      world.advance(30_000)
    }
    assert.equal(world.resolutions.length, 1)
    world.resolve()
    settle([m])
    assert.equal(m.epoch, epoch)
  })

  it('is asked for once, and again when no answer comes for a minute', () => {
    const world = new ConsumerWorld(three)
    const m = new TestConsumer(world, 'm', { regex: 'logs-.*' })
    m.beat()
    m.beat()
    assert.equal(world.resolutions.length, 1)
    world.advance(30_000)
    m.beat()
    world.advance(30_000)
    m.beat()
    assert.equal(world.resolutions.length, 2)
    world.resolve()
    settle([m])
    assert.deepEqual(Object.keys(m.owned), ['logs-a', 'logs-b'])
  })

  it('that changes takes the old topics away, and forgets what it stood for', () => {
    const { world, m } = resolvedWorld()
    const changed = world.beat({ memberId: 'm', epoch: m.epoch, regex: 'other' })
    assert.deepEqual(changed.assigned, {})
    world.advance(10_001)
    world.beat({ memberId: 'm', epoch: m.epoch, owned: {} })
    world.resolve()
    const resolved = world.beat({ memberId: 'm', epoch: m.epoch, owned: {} })
    assert.deepEqual(resolved.assigned, { other: [0] })
    assert.deepEqual([...(world.machine.logged.consumerGroups.get('g')?.regexes.keys() ?? [])], ['other'])
  })

  it('that is given up gives its topics up', () => {
    const { world, m } = resolvedWorld()
    const changed = world.beat({ memberId: 'm', epoch: m.epoch, regex: '', topics: ['other'] })
    assert.deepEqual(Object.keys(changed.assigned ?? {}).includes('logs-a'), false)
    assert.equal(world.machine.logged.consumerGroups.get('g')?.regexes.size, 0)
  })

  it('of a member that changes to one that is resolved already takes effect at once', () => {
    const { world, m } = resolvedWorld()
    const n = new TestConsumer(world, 'n', { topics: ['other'] })
    settle([m, n])
    const before = n.epoch
    world.beat({ memberId: 'n', epoch: n.epoch, topics: [], regex: 'logs-.*' })
    assert.equal(world.describe().groupEpoch, before + 1)
    assert.deepEqual(world.resolutions, [])
  })

  it('goes with the last member that had it', () => {
    const { world, m } = resolvedWorld()
    const n = new TestConsumer(world, 'n', { topics: ['other'] })
    settle([m, n])
    m.leave()
    assert.equal(world.machine.logged.consumerGroups.get('g')?.regexes.size, 0)
    assert.equal(world.commit({ offsets: { 0: 1 }, topic: 'logs-a', memberId: 'n', generationId: n.epoch }), 'NONE')
  })

  it('survives a restart of the coordinator', () => {
    const { world, m } = resolvedWorld()
    world.restart()
    settle([m])
    assert.deepEqual(Object.keys(m.owned), ['logs-a', 'logs-b'])
    assert.deepEqual(world.resolutions, [])
  })

  it('is shown as it is', () => {
    const { world } = resolvedWorld()
    assert.equal(world.describe().members[0]?.subscribedTopicRegex, 'logs-.*')
  })
})

describe('What expressions resolve to', () => {
  it('is of no use to a group that is gone, or does not subscribe by them any more', () => {
    const world = new ConsumerWorld(three)
    const resolved = new Map([['logs-.*', ['logs-a']]])
    world.send({ type: 'RegexesResolved', groupId: 'g', resolved, version: 1, atMs: 1 })
    world.beat({ epoch: 0, topics: ['other'] })
    const before = world.records.length
    world.send({ type: 'RegexesResolved', groupId: 'g', resolved, version: 1, atMs: 1 })
    assert.equal(world.records.length, before)
  })

  it('is found in steps', () => {
    const topics = Object.fromEntries(Array.from({ length: 2500 }, (_, index) => [`t${index}`, 1]))
    const image = imageWith(topics, {})
    const effect = {
      type: 'ResolveRegexes',
      groupId: 'g',
      regexes: ['t1.*', 'x'],
      image,
      mayDescribe: () => true,
      atMs: 5,
    } as const
    const steps = resolveRegexes(effect)
    assert.deepEqual([steps.next().done, steps.next().done], [false, false])
    const last = steps.next()
    assert.ok(last.done === true)
    assert.deepEqual([last.value.resolved.get('t1.*')?.length, last.value.resolved.get('x')?.length], [1111, 0])
  })

  it('is nothing for an expression that another engine has let through', () => {
    const effect = {
      type: 'ResolveRegexes',
      groupId: 'g',
      regexes: ['('],
      image: imageWith(three),
      mayDescribe: () => true,
      atMs: 5,
    } as const
    const { value } = resolveRegexes(effect).next()
    assert.deepEqual(value?.resolved.get('('), [])
  })
})
