import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { HttpRequest, Listener } from '../environment.ts'
import { LineLogger } from '../line-logger.ts'
import { NodeHttp } from './http.ts'

describe('NodeHttp', () => {
  it('answers GET with path and query decoded', async () => {
    await serving(
      ({ path, query }) => `${path} ${query.get('a')}`,
      async (url) => {
        const response = await fetch(`${url}/he%20llo?a=1%202`)
        assert.equal(response.status, 200)
        assert.equal(response.headers.get('content-type'), 'text/plain')
        assert.equal(await response.text(), '/he llo 1 2')
      },
    )
  })

  it('answers HEAD without the body', async () => {
    await serving(
      () => 'content',
      async (url) => {
        const response = await fetch(url, { method: 'HEAD' })
        assert.equal(response.headers.get('content-length'), '7')
        assert.equal(await response.text(), '')
      },
    )
  })

  it('refuses anything with a body', async () => {
    await serving(
      () => 'content',
      async (url) => {
        const response = await fetch(url, { method: 'POST', body: 'x' })
        assert.equal(response.status, 405)
        assert.equal(response.headers.get('allow'), 'GET, HEAD')
      },
    )
  })

  it('refuses a path that cannot be decoded', async () => {
    await serving(
      () => 'content',
      async (url) => {
        assert.equal((await fetch(`${url}/%ff`)).status, 400)
      },
    )
  })

  it('answers 500 where the answer fails, and says so in the log', async () => {
    const lines: string[] = []
    const fails = (): string => {
      throw new Error('a bug')
    }
    await serving(
      fails,
      async (url) => {
        const response = await fetch(`${url}/x`)
        assert.equal(response.status, 500)
        assert.equal(await response.text(), 'Internal error.\n')
      },
      lines,
    )
    assert.match(lines[0] ?? '', /An HTTP request failed path=\/x error="a bug"/)
  })

  it('says that an address is taken', async () => {
    await serving(
      () => '',
      async (url) => {
        const port = Number(new URL(url).port)
        await assert.rejects(
          newHttp([]).listen({ host: '127.0.0.1', port }, () => assert.fail()),
          { code: 'EADDRINUSE' },
        )
      },
    )
  })

  it('asks another server, whatever it answers', async () => {
    await serving(
      ({ path, query }) => `${path} ${query.get('a')}`,
      async (_, { port }) => {
        const { status, contentType, body } = await newHttp([]).request({ host: '127.0.0.1', port }, '/he%20llo?a=1')
        assert.deepEqual([status, contentType, String(body)], [200, 'text/plain', '/he llo 1'])
        const refused = await newHttp([]).request({ host: '127.0.0.1', port }, '/%ff')
        assert.equal(refused.status, 400)
      },
    )
  })

  it('says that nobody listens', async () => {
    let port = 0
    await serving(
      () => '',
      async (_, listener) => void (port = listener.port),
    )
    await assert.rejects(newHttp([]).request({ host: '127.0.0.1', port }, '/'), {
      name: 'NetworkError',
      code: 'ECONNREFUSED',
    })
  })

  it('gives up on an answer without an end', async () => {
    await serving(
      () => 'x'.repeat(17 * 1_048_576),
      async (_, { port }) => {
        await assert.rejects(newHttp([]).request({ host: '127.0.0.1', port }, '/'), { name: 'NetworkError' })
      },
    )
  })

  it('can be closed twice, and while a connection is open', async () => {
    let listener: Listener | undefined
    await serving(
      () => 'x',
      async (url, own) => {
        await (await fetch(url)).text()
        listener = own
      },
    )
    await listener?.close()
  })
})

function newHttp(lines: string[]): NodeHttp {
  const logger = new LineLogger({ level: 'info', format: 'text', wallMs: () => 0, write: (line) => lines.push(line) })
  return new NodeHttp({ logger })
}

async function serving(
  answer: (request: HttpRequest) => string,
  use: (url: string, listener: Listener) => Promise<void>,
  lines: string[] = [],
): Promise<void> {
  const listener = await newHttp(lines).listen({ host: '127.0.0.1', port: 0 }, (request) => ({
    status: 200,
    contentType: 'text/plain',
    body: answer(request),
  }))
  try {
    await use(`http://127.0.0.1:${listener.port}`, listener)
  } finally {
    await listener.close()
  }
}
