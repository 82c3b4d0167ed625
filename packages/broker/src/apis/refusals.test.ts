import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ByteReader, ByteWriter } from '@gregor/base'
import {
  advertisedVersions,
  decodeRequest,
  decodeResponse,
  DescribeLogDirs,
  encodeRequest,
  encodeResponse,
  hasVersion,
  type Api,
  type Field,
  type Fields,
} from '@gregor/protocol'
import { FixtureConnection } from '../broker-fixture.ts'
import type { AnyHandler } from '../server/handler.ts'
import type { RequestContext } from '../server/request-context.ts'
import { clientHandlers, controllerHandlers } from './index.ts'

/** Something of everything that the version has: each array with one element, nothing null. */
function sampleOf(fields: Fields, version: number): Record<string, unknown> {
  const present = Object.entries(fields).filter(
    ([, { versions }]) => versions === undefined || hasVersion(versions, version),
  )
  return Object.fromEntries(present.map(([name, field]) => [name, valueOf(field, version)]))
}

function valueOf(field: Field, version: number): unknown {
  switch (field.type) {
    case 'string':
      return 'x'
    case 'boolean':
      return true
    case 'bytes':
    case 'records':
      return Buffer.from('x')
    case 'uuid':
      return 'BBBBBBBBBBBBBBBBBBBBBQ'
    case 'array':
      return field.element === undefined ? [] : [valueOf(field.element, version)]
    case 'struct':
      return sampleOf(field.fields ?? {}, version)
    default:
      return 1
  }
}

/** As dispatch would have it, with every field. */
function requestOf(api: Api, version: number): unknown {
  const writer = new ByteWriter()
  encodeRequest(api, version, sampleOf(api.request.fields, version), writer)
  return decodeRequest(api, version, new ByteReader(writer.toBuffer()))
}

function refusalOf({ api, refuse }: AnyHandler, version: number): unknown {
  const context: Pick<RequestContext, 'apiKey' | 'apiVersion' | 'connection'> = {
    apiKey: api.key,
    apiVersion: version,
    connection: new FixtureConnection(),
  }
  const response = refuse(requestOf(api, version), 'UNKNOWN_SERVER_ERROR', context as RequestContext)
  const writer = new ByteWriter()
  encodeResponse(api, version, response as never, writer)
  return decodeResponse(api, version, new ByteReader(writer.toBuffer()))
}

/** Every error code in an answer. */
function codesIn(answer: unknown): number[] {
  if (Array.isArray(answer)) return answer.flatMap(codesIn)
  if (typeof answer !== 'object' || answer === null || Buffer.isBuffer(answer)) return []
  return Object.entries(answer).flatMap(([name, value]) =>
    /errorCode$/i.test(name) && typeof value === 'number' ? [value] : codesIn(value),
  )
}

/** Nothing in the answer could say it, and nothing is told instead. */
function isSilent({ key }: Api, version: number): boolean {
  return key === DescribeLogDirs.key && version < 3
}

describe('what a handler says where it has failed', () => {
  for (const handler of [...clientHandlers, ...controllerHandlers]) {
    const { api } = handler
    it(`can be said of all that ${api.name} (${api.listeners.join(', ')}) was asked, in every version`, () => {
      const { min, max } = advertisedVersions(api) ?? api.versions
      for (let version = Math.max(min, api.versions.min); version <= max; version++) {
        const codes = codesIn(refusalOf(handler, version))
        assert.ok(codes.includes(-1) || isSilent(api, version), `v${version}: ${codes.join(', ')}`)
      }
    })
  }
})
