import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ProgramFixture } from '../program-fixture.ts'

const event = { at: '2026-01-01T00:00:00.000Z', kind: 'RebalanceCompleted', text: 'Generation 1.', tookMs: 12 }

/** A node that answers so, and keeps what it was asked. */
async function programWith(answers: Readonly<Record<string, unknown>>, port = 9404): Promise<ProgramFixture> {
  const program = new ProgramFixture()
  await program.environment.http.listen({ host: '127.0.0.1', port }, ({ path }) => {
    const page = answers[path]
    return {
      status: page === undefined ? 503 : 200,
      contentType: 'application/json',
      body: JSON.stringify(page ?? 'no'),
    }
  })
  return program
}

describe('gregor groups explain', () => {
  const group = {
    '/groups/a b/events': { group: 'a b', events: [event, { ...event, memberId: 'm', tookMs: undefined }] },
  }

  it('tells what happened, one event a line', async () => {
    const program = await programWith(group)
    assert.equal(await program.run('groups', 'explain', 'a b'), 0)
    assert.deepEqual(program.lines, [
      '2026-01-01T00:00:00.000Z  RebalanceCompleted  Generation 1. (12 ms)',
      '2026-01-01T00:00:00.000Z  RebalanceCompleted  m: Generation 1.',
    ])
  })

  it('prints JSON, and asks the node it is told to', async () => {
    const program = await programWith(group, 1234)
    assert.equal(await program.run('groups', 'explain', 'a b', '--json', '--monitoring', '127.0.0.1:1234'), 0)
    assert.equal((JSON.parse(program.lines.join('\n')) as { group: string }).group, 'a b')
  })

  it('fails where nothing is known of the group', async () => {
    const program = await programWith({ '/groups/g/events': { group: 'g', events: [] } })
    assert.equal(await program.run('groups', 'explain', 'g'), 1)
    assert.match(program.errors.join(), /nothing is known of group g/)
  })

  it('fails where no node answers, where it cannot, and where the address is none', async () => {
    const program = new ProgramFixture()
    assert.equal(await program.run('groups', 'explain', 'g'), 1)
    assert.match(program.errors.join(), /no node answers at 127\.0\.0\.1:9404 \(ECONNREFUSED\)/)
    const starting = await programWith({})
    assert.equal(await starting.run('groups', 'explain', 'g'), 1)
    assert.match(starting.errors.join(), /answers 503: "no"/)
    assert.equal(await starting.run('groups', 'explain', 'g', '--monitoring', 'nowhere'), 1)
    assert.match(starting.errors.join(), /--monitoring nowhere: give it as host:port/)
  })
})
