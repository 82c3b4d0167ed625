import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ByteReader, ByteWriter, MalformedMessageError } from '@gregor/base'
import { ApiVersions, Heartbeat, Metadata } from '../apis/index.ts'
import {
  decodeRequestHeader,
  decodeResponseHeader,
  encodeRequestHeader,
  encodeResponseHeader,
  requestHeaderVersion,
  responseHeaderVersion,
} from './header.ts'

const written = (write: (writer: ByteWriter) => void): string => {
  const writer = new ByteWriter()
  write(writer)
  return writer.toBuffer().toString('hex')
}
const reading = (hex: string): ByteReader => new ByteReader(Buffer.from(hex.replaceAll(' ', ''), 'hex'))

describe('a request header', () => {
  it('is v1 before the flexible versions and has a tag buffer from there on', () => {
    assert.equal(requestHeaderVersion(Metadata, 8), 1)
    assert.equal(requestHeaderVersion(Metadata, 9), 2)
    const header = { correlationId: 7, clientId: 'me' }
    assert.equal(
      written((writer) => encodeRequestHeader(Metadata, { ...header, apiVersion: 8 }, writer)),
      '0003' + '0008' + '00000007' + '00026d65',
    )
    assert.equal(
      written((writer) => encodeRequestHeader(Metadata, { ...header, apiVersion: 9 }, writer)),
      '0003' + '0009' + '00000007' + '00026d65' + '00',
    )
  })

  it('keeps the client id in classic form, null included', () => {
    const reader = reading('0012 0003 00000001 ffff 00 ab')
    assert.deepEqual(decodeRequestHeader(reader), { apiKey: 18, apiVersion: 3, correlationId: 1, clientId: null })
    assert.equal(reader.remaining, 1)
  })

  it('skips tagged fields', () => {
    const reader = reading('0003 000c 00000001 0000 01 05 02 aaaa')
    assert.deepEqual(decodeRequestHeader(reader), { apiKey: 3, apiVersion: 12, correlationId: 1, clientId: '' })
    assert.equal(reader.remaining, 0)
  })

  it('of an unknown API is read as v1', () => {
    const reader = reading('0fff 0001 00000001 0001 78 99')
    assert.deepEqual(decodeRequestHeader(reader), { apiKey: 4095, apiVersion: 1, correlationId: 1, clientId: 'x' })
    assert.equal(reader.remaining, 1)
  })

  it('of a version that is too new is read as flexible', () => {
    const reader = reading('0012 0063 00000009 ffff 00')
    assert.equal(decodeRequestHeader(reader).correlationId, 9)
    assert.equal(reader.remaining, 0)
  })

  it('that is cut off is refused', () => {
    assert.throws(() => decodeRequestHeader(reading('0003 00')), MalformedMessageError)
    assert.throws(() => decodeRequestHeader(reading('0003 0009 00000007 0002 6d65')), MalformedMessageError)
  })
})

describe('a response header', () => {
  it('has a tag buffer in flexible versions', () => {
    assert.equal(responseHeaderVersion(Heartbeat, 3), 0)
    assert.equal(responseHeaderVersion(Heartbeat, 4), 1)
    assert.equal(
      written((writer) => encodeResponseHeader(Heartbeat, 3, 5, writer)),
      '00000005',
    )
    assert.equal(
      written((writer) => encodeResponseHeader(Heartbeat, 4, 5, writer)),
      '0000000500',
    )
    assert.deepEqual(decodeResponseHeader(Heartbeat, 4, reading('00000005 01 00 01 ff')), { correlationId: 5 })
  })

  it('of ApiVersions never has one', () => {
    for (const version of [0, 2, 3, 4]) assert.equal(responseHeaderVersion(ApiVersions, version), 0)
  })
})
