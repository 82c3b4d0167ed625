import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BrokerConfig } from './broker-config.ts'
import { addressFromText, pairsFromText, textFromEndpoint } from './listeners.ts'
import { parseProperties } from './properties.ts'
import { hostAndPortFromText, voterFromText } from './quorum-addresses.ts'

const load = (text: string): BrokerConfig => BrokerConfig.load({ properties: parseProperties(text) })

describe('the listeners of a node', () => {
  it("are told apart as Apache's own example file has them", () => {
    const { listeners } = load(
      [
        'process.roles=broker,controller',
        'node.id=1',
        'controller.quorum.bootstrap.servers=localhost:9093',
        'listeners=PLAINTEXT://:9092,CONTROLLER://:9093',
        'inter.broker.listener.name=PLAINTEXT',
        'advertised.listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093',
        'controller.listener.names=CONTROLLER',
        'listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL',
      ].join('\n'),
    )
    const plaintext = { listener: 'PLAINTEXT', protocol: 'PLAINTEXT', port: 9092 }
    const controller = { listener: 'CONTROLLER', protocol: 'PLAINTEXT', port: 9093 }
    assert.deepEqual(listeners.broker, [{ ...plaintext, host: undefined }])
    assert.deepEqual(listeners.controller, [{ ...controller, host: undefined }])
    assert.deepEqual(listeners.advertised, [{ ...plaintext, host: 'localhost' }])
    assert.deepEqual(listeners.advertisedController, [{ ...controller, host: 'localhost' }])
    assert.deepEqual(listeners.interBroker, { name: 'PLAINTEXT', protocol: 'PLAINTEXT' })
  })

  it('have names in upper case, whatever the file has', () => {
    const { listeners } = load(
      'listeners=external://h:1\nlistener.security.protocol.map=External:ssl\ninter.broker.listener.name=eXternal'.replace(
        'ssl',
        'SSL',
      ),
    )
    assert.deepEqual(listeners.broker, [{ listener: 'EXTERNAL', protocol: 'SSL', host: 'h', port: 1 }])
    assert.deepEqual(listeners.interBroker, { name: 'EXTERNAL', protocol: 'SSL' })
  })

  it('give PLAINTEXT to controllers unless something else is meant', () => {
    const file =
      'process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@h:9093\ncontroller.listener.names=C\n'
    assert.equal(load(`${file}listeners=PLAINTEXT://:9092,C://:9093`).listeners.protocols.get('C'), 'PLAINTEXT')
    assert.throws(
      () => load(`${file}listeners=SSL://:9092,C://:9093\nsecurity.inter.broker.protocol=SSL`),
      /C:\/\/:9093" has no security protocol/,
    )
  })

  it("advertise a controller at its voter's address where it listens everywhere", () => {
    const file =
      'process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@h:7000\ncontroller.listener.names=C,D\n'
    const { advertisedController } = load(`${file}listeners=PLAINTEXT://:9092,C://0.0.0.0:9093,D://:9094`).listeners
    assert.deepEqual(
      advertisedController.map(({ listener, host, port }) => [listener, host, port]),
      [
        ['C', 'h', 7000],
        ['D', undefined, 9094],
      ],
    )
    const own = load(`${file}listeners=PLAINTEXT://:9092,C://10.0.0.1:9093,D://:9094`).listeners.advertisedController
    assert.equal(own[0]?.host, '10.0.0.1')
  })
})

describe('addresses', () => {
  it('are read with and without brackets, a host or a port to be chosen', () => {
    assert.deepEqual(addressFromText('a://[::1]:9092'), { listener: 'A', host: '::1', port: 9092 })
    assert.deepEqual(addressFromText('A://:0'), { listener: 'A', host: undefined, port: 0 })
    assert.equal(addressFromText('A://host'), undefined)
    assert.equal(addressFromText('A://ho st:1'), undefined)
  })

  it('are written as they are read', () => {
    for (const text of ['A://[::1]:9092', 'A://host:1', 'A://:0']) {
      assert.equal(textFromEndpoint(addressFromText(text) ?? { listener: '', host: '', port: 0 }), text)
    }
  })

  it('of voters have an id', () => {
    assert.deepEqual(voterFromText('3@host-1.x:9093'), { id: 3, host: 'host-1.x', port: 9093 })
    assert.deepEqual(voterFromText('3@[::1]:9093'), { id: 3, host: '::1', port: 9093 })
    for (const bad of ['host:1', 'x@host:1', '1@host', '1@:1', '1@a@b:1', '9999999999@h:1']) {
      assert.equal(voterFromText(bad), undefined, bad)
    }
    assert.equal(hostAndPortFromText('host:65536'), undefined)
  })
})

describe('pairsFromText', () => {
  it('divides at the last colon', () => {
    assert.deepEqual(
      pairsFromText(' a : 1 , ::1:2,'),
      new Map([
        ['a', '1'],
        ['::1', '2'],
      ]),
    )
    assert.equal(pairsFromText('a'), undefined)
    assert.deepEqual(pairsFromText(''), new Map())
  })
})
