import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Worker } from 'node:worker_threads'
import { lockFile } from './disk-lock.ts'

/** What Apache Kafka does: `FileChannel.tryLock` on the whole file; then it holds the lock until its input ends. */
const javaProgram = `
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import static java.nio.file.StandardOpenOption.*;
public class Lock {
  public static void main(String[] args) throws Exception {
    var channel = FileChannel.open(Path.of(args[0]), CREATE, READ, WRITE);
    System.out.println(channel.tryLock() == null ? "refused" : "locked");
    while (System.in.read() >= 0) {}
  }
}
`
/** The same with ours; nobody keeps the lock, and the collector is asked to look for such things. */
const nodeProgram = `
const { lockFile } = await import(process.argv[1])
const outcome = lockFile(process.argv[2]) === undefined ? 'refused' : 'locked'
for (let round = 0; round < 3; round++) {
  gc()
  await new Promise(setImmediate)
}
console.log(outcome)
process.stdin.resume()
`
const hasJava = spawnSync('javac', ['-version']).status === 0

describe('lockFile', () => {
  let directory = ''
  before(() => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), 'gregor-lock-'))
    fs.writeFileSync(path.join(directory, 'Lock.java'), javaProgram)
    if (hasJava) spawnSync('javac', ['-d', directory, path.join(directory, 'Lock.java')])
  })
  after(() => {
    for (const child of children) child.kill('SIGKILL')
    fs.rmSync(directory, { recursive: true })
  })

  const children: ChildProcess[] = []
  const started = (child: ChildProcess): ChildProcess => {
    children.push(child)
    return child
  }
  const holders = {
    node: (file: string) =>
      started(
        spawn(process.execPath, [
          '--expose-gc',
          '--input-type=module',
          '-e',
          nodeProgram,
          import.meta.resolve('./disk-lock.ts'),
          file,
        ]),
      ),
    java: (file: string) => started(spawn('java', ['-cp', directory, 'Lock', file])),
  }

  for (const kind of ['node', 'java'] as const) {
    const skip = kind === 'java' && !hasJava && 'there is no Java here'

    it(`is refused while a process of ${kind} has the lock, and not after that was killed`, { skip }, async () => {
      const file = path.join(directory, `held-by-${kind}`)
      const holder = holders[kind](file)
      assert.equal(await firstLine(holder), 'locked')
      assert.equal(lockFile(file), undefined)
      await ended(holder, 'SIGKILL')
      const lock = lockFile(file)
      assert.notEqual(lock, undefined)
      lock?.release()
    })

    it(`keeps a process of ${kind} from the lock until it is released`, { skip }, async () => {
      const file = path.join(directory, `held-from-${kind}`)
      const lock = lockFile(file)
      const refused = holders[kind](file)
      assert.equal(await firstLine(refused), 'refused')
      await ended(refused)
      lock?.release()
      const next = holders[kind](file)
      assert.equal(await firstLine(next), 'locked')
      await ended(next)
    })
  }

  it('is refused while another thread of this process has the lock', async () => {
    const file = path.join(directory, 'held-here')
    const lock = lockFile(file)
    assert.equal(await lockInThread(file), 'refused')
    // The thread's attempt has not dropped the lock of this one.
    assert.equal(await lockInThread(file), 'refused')
    lock?.release()
    assert.equal(await lockInThread(file), 'locked')
  })

  it('leaves nothing in the file, and nothing beside it', () => {
    const alone = path.join(directory, 'alone')
    fs.mkdirSync(alone)
    const lock = lockFile(path.join(alone, '.lock'))
    assert.deepEqual(fs.readdirSync(alone), ['.lock'])
    lock?.release()
    assert.equal(fs.statSync(path.join(alone, '.lock')).size, 0)
    assert.deepEqual(fs.readdirSync(alone), ['.lock'])
  })

  it('says that there is no such directory, or that it is no file', () => {
    assert.throws(() => lockFile(path.join(directory, 'none', '.lock')), { name: 'DiskError', operation: 'lock' })
    assert.throws(() => lockFile(directory), { name: 'DiskError', code: 'EINVAL' })
  })
})

async function firstLine(child: ChildProcess): Promise<string> {
  let text = ''
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk)
    if (text.includes('\n')) break
  }
  return text.trim()
}

async function ended(child: ChildProcess, signal?: NodeJS.Signals): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  child.once('exit', () => resolve())
  if (child.exitCode !== null) resolve()
  if (signal === undefined) child.stdin?.end()
  else child.kill(signal)
  await promise
}

async function lockInThread(file: string): Promise<unknown> {
  const program = `
    import { parentPort, workerData } from 'node:worker_threads'
    const { lockFile } = await import(workerData.module)
    const lock = lockFile(workerData.file)
    parentPort.postMessage(lock === undefined ? 'refused' : 'locked')
    lock?.release()
  `
  const url = new URL(`data:text/javascript,${encodeURIComponent(program)}`)
  const worker = new Worker(url, { workerData: { module: import.meta.resolve('./disk-lock.ts'), file } })
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  worker.once('message', resolve)
  worker.once('error', reject)
  const message = await promise
  await worker.terminate()
  return message
}
