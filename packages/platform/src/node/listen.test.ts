import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { describe, it } from 'node:test'
import { NetworkError } from '../errors.ts'
import { listen } from './listen.ts'

describe('listen', () => {
  it('binds an address of numbers, and tells the port that was picked', async () => {
    const server = createServer()
    const { host, port } = await listen(server, { host: '127.0.0.1', port: 0 })
    assert.equal(host, '127.0.0.1')
    assert.ok(port > 0)
    assert.equal(server.listening, true)
    server.close()
  })

  it('binds a name', async () => {
    const server = createServer()
    const { port } = await listen(server, { host: 'localhost', port: 0 })
    assert.ok(port > 0)
    server.close()
  })

  for (const host of ['127.0.0.1', 'localhost']) {
    it(`says when the port of ${host} is taken`, async () => {
      const holder = createServer()
      const { port } = await listen(holder, { host, port: 0 })
      const attempt = listen(createServer(), { host, port })
      await assert.rejects(attempt, (error) => error instanceof NetworkError && error.code === 'EADDRINUSE')
      holder.close()
    })
  }

  it('says when the address is not of this machine', async () => {
    const attempt = listen(createServer(), { host: '192.0.2.1', port: 0 })
    await assert.rejects(attempt, (error) => error instanceof NetworkError && error.code === 'EADDRNOTAVAIL')
  })
})
