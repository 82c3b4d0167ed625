import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BrokerConfig, ConfigError } from '@gregor/config'
import { refuseUnservedRoles } from './served-roles.ts'

function problem(properties: Readonly<Record<string, string>>): string {
  try {
    refuseUnservedRoles(BrokerConfig.load({ properties: new Map(Object.entries(properties)) }))
    return 'none'
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error.message
  }
}

const map = { 'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,C:PLAINTEXT' }
const node = { 'node.id': '1', 'controller.listener.names': 'C' }
const both = { ...node, 'process.roles': 'broker,controller', listeners: 'PLAINTEXT://:1,C://:2', ...map }

describe('the roles of a node', () => {
  it('are both, or not named at all', () => {
    assert.equal(problem({}), 'none')
    assert.equal(problem({ ...both, 'controller.quorum.voters': '1@h:1' }), 'none')
  })

  it('are refused one by one, with what to write', () => {
    const broker = { ...node, 'process.roles': 'broker', 'controller.quorum.voters': '9@h:1' }
    assert.match(problem({ ...broker, ...map }), /^process\.roles=broker: .*write process\.roles=broker,controller/)
    const controller = {
      ...node,
      'process.roles': 'controller',
      'controller.quorum.voters': '1@h:1',
      listeners: 'C://:1',
    }
    assert.match(problem({ ...controller, ...map }), /^process\.roles=controller: /)
  })

  it('are refused with other voters', () => {
    const voters = { ...both, 'controller.quorum.voters': '1@h:1,2@i:1' }
    assert.match(problem(voters), /^controller\.quorum\.voters=1@h:1,2@i:1: .*name this one alone/)
    const servers = { ...both, 'controller.quorum.bootstrap.servers': 'h:1,i:1' }
    assert.match(problem(servers), /^controller\.quorum\.bootstrap\.servers=h:1,i:1: /)
  })
})
