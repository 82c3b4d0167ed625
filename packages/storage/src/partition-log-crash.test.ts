/** Power cuts and kills at any moment of a log’s life, against a model. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SimulatedWorld } from '@gregor/testkit/simulation'
import { LogModel } from './log-model-fixture.ts'

const config = { segmentBytes: 2000, indexIntervalBytes: 200, fileDeleteDelayMs: 0 }
/** Thousands have passed; these few are to notice a change. */
const seeds = Array.from({ length: 30 }, (_, index) => index + 1)

async function modelFor(seed: number): Promise<LogModel> {
  const { environment } = new SimulatedWorld({ seed }).node('node')
  const { disk, time } = environment
  disk.makeDirectory('/data')
  for (const directory of ['/', '/data']) await time.run(disk.syncDirectory(directory))
  return LogModel.open(environment, config)
}

describe('a log through power cuts', () => {
  it('has what was synced, and a prefix of the rest, after a cut at any operation', async () => {
    for (const seed of seeds) {
      const model = await modelFor(seed)
      const { disk } = model.fixture.environment
      for (let life = 0; life < 5; life++) {
        disk.cutPowerBefore(disk.operationCount + model.random.below(120))
        for (let step = 0; step < 100 && disk.hasPower; step++) await model.step()
        disk.crash()
        try {
          await model.reopen({ isClean: false })
          await model.check()
        } catch (error) {
          throw new Error(`seed ${seed}, life ${life}`, { cause: error })
        }
      }
    }
  })

  it('has everything after a kill, and after a clean stop', async () => {
    for (const seed of seeds) {
      const model = await modelFor(seed)
      model.mayCut = true
      for (let life = 0; life < 4; life++) {
        for (let step = 0; step < 60; step++) await model.step()
        const { environment, log } = model.fixture
        const isClean = life % 2 === 0
        if (isClean) await environment.time.run(log.close({ isClean }))
        environment.disk.killHolders()
        const expected = model.endOffset
        try {
          await model.reopen({ isClean })
          assert.equal(model.endOffset, expected)
          await model.check()
        } catch (error) {
          throw new Error(`seed ${seed}, life ${life}`, { cause: error })
        }
      }
    }
  })

  it('has everything it took, and nothing it refused, on a disk that is full now and then', async () => {
    for (const seed of seeds) {
      const model = await modelFor(seed)
      const { environment } = model.fixture
      const { disk, random } = environment
      for (let life = 0; life < 2; life++) {
        for (let step = 0; step < 60; step++) {
          const path = [/\.log$/, /index$/, /./][random.below(3)] ?? /./
          const fault = {
            operation: 'write',
            code: 'ENOSPC',
            skip: random.below(5),
            writtenBytes: random.below(200),
          } as const
          if (random.below(5) === 0) disk.faults.add({ ...fault, path })
          await model.step()
        }
        disk.faults.clear()
        disk.killHolders()
        const expected = model.endOffset
        await model.reopen({ isClean: false })
        assert.equal(model.endOffset, expected, `seed ${seed}, life ${life}`)
        await model.check()
      }
    }
  })
})
