/** Which APIs a server says that it serves: ApiVersions version 0, spelled out, as the codec itself is under test. */

import { connect } from 'node:net'

const request = Buffer.from('000000110012000000000001' + '0007' + Buffer.from('gregor?').toString('hex'), 'hex')

/** The keys of the APIs it advertises. */
export async function servedApis(port: number): Promise<ReadonlySet<number>> {
  const answer = await exchange(port, request)
  const count = answer.readInt32BE(6)
  return new Set(Array.from({ length: count }, (_, index) => answer.readInt16BE(10 + index * 6)))
}

/** Sends a frame and resolves with the first frame of the answer, without its length. */
function exchange(port: number, frame: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let received: Buffer = Buffer.alloc(0)
    const socket = connect(port, '127.0.0.1', () => socket.write(frame))
    socket.once('error', reject)
    socket.once('close', () => {
      reject(new Error('the server closed the connection instead of answering ApiVersions'))
    })
    socket.on('data', (more) => {
      received = Buffer.concat([received, more])
      if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return
      resolve(received.subarray(4, 4 + received.readInt32BE(0)))
      socket.destroy()
    })
  })
}
