/**
 * Our client against the listeners of a real Apache Kafka: TLS with and without client certificates, every SASL
 * mechanism, sessions that end, delegation tokens; and the wrong port and the wrong secret, which have to be said clearly.
 */

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'

import {
  AuthenticationError,
  connect,
  delegationToken,
  oauthBearer,
  plain,
  scram,
  type ConnectOptions,
} from '@gregor/client'
import { unsecuredToken } from '@gregor/security'

import { apacheClassPath, startApacheKafka } from '../../harness/apache-kafka.ts'
import { isInstalled } from '../../harness/process.ts'
import { freePort, type Server } from '../../harness/server.ts'
import { Unavailable, type Suite, type SuiteContext } from '../../harness/suite.ts'
import { makeCertificates, type Certificates } from './certificates.ts'

const sessionMs = 4000
const listeners = ['PLAINTEXT', 'SASL_PLAINTEXT', 'SSL', 'SASL_SSL', 'MUTUAL'] as const

type Ports = Readonly<Record<(typeof listeners)[number], number>>

interface Place {
  readonly ports: Ports
  readonly certificates: Certificates
}

export const suite: Suite = {
  name: 'client-security',
  core: true,
  budgetSeconds: 180,
  async prepare() {
    await apacheClassPath()
    if (!(await isInstalled('openssl'))) throw new Unavailable('openssl is not installed')
  },
  async run(context) {
    const certificates = await makeCertificates(context.directory)
    const ports = await freePorts()
    const server = await startSecured(ports, certificates)
    try {
      await addUsers(ports)
      await checkAccepted({ ports, certificates }, context)
      await checkRefused({ ports, certificates }, context)
      await checkWrongPorts({ ports, certificates }, context)
    } finally {
      await server.stop()
    }
  },
}

// ------------------------------------------------------------------------------------------------------------ cases

async function checkAccepted({ ports, certificates }: Place, { check }: SuiteContext): Promise<void> {
  const { authority, clientStore, clientArchive, archivePassword } = certificates
  const sasl = `localhost:${ports.SASL_PLAINTEXT}`
  await check('a record goes through with PLAIN', () =>
    works({ bootstrap: sasl, auth: plain('alice', 'alice-secret') }),
  )
  await check('a record goes through with SCRAM-SHA-256, whatever is in the password', () =>
    works({ bootstrap: sasl, auth: scram('bob', 'bob,=säcret', 'SCRAM-SHA-256') }),
  )
  await check('a record goes through with SCRAM-SHA-512, whatever is in the name', () =>
    works({ bootstrap: sasl, auth: scram('b=o,b', 'other', 'SCRAM-SHA-512') }),
  )
  await check('a record goes through with OAUTHBEARER and a token of the program', () =>
    works({
      bootstrap: sasl,
      auth: oauthBearer(() => unsecuredToken({ subject: 'carol', nowMs: Date.now(), lifetimeMs: 60_000 })),
    }),
  )
  await check('a record goes through with a delegation token, by SCRAM', async () => {
    await using owner = await connect({ bootstrap: sasl, auth: scram('bob', 'bob,=säcret', 'SCRAM-SHA-256') })
    const { tokenId, hmac } = await owner.admin().createDelegationToken()
    const auth = delegationToken(tokenId, hmac.toString('base64'), 'SCRAM-SHA-256')
    // A node learns of a new token a little later.
    for (let attempt = 1; ; attempt++) {
      try {
        return await works({ bootstrap: sasl, auth, logLevel: 'off' })
      } catch (error) {
        if (attempt === 20 || !(error instanceof AuthenticationError)) throw error
        await setTimeout(250)
      }
    }
  })
  await check('a record goes through with a file of the ecosystem: SASL_SSL, JAAS, PEM truststore', () =>
    works({
      properties: {
        'bootstrap.servers': `localhost:${ports.SASL_SSL}`,
        'security.protocol': 'SASL_SSL',
        'sasl.mechanism': 'SCRAM-SHA-256',
        'sasl.jaas.config':
          'org.apache.kafka.common.security.scram.ScramLoginModule required username="bob" password="bob,=säcret";',
        'ssl.truststore.type': 'PEM',
        'ssl.truststore.location': authority,
        'key.serializer': 'org.apache.kafka.common.serialization.StringSerializer',
      },
      logLevel: 'error',
    }),
  )
  await check('a record goes through with OAUTHBEARER as JAAS has it', () =>
    works({
      bootstrap: sasl,
      securityProtocol: 'SASL_PLAINTEXT',
      saslMechanism: 'OAUTHBEARER',
      saslJaasConfig:
        'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="carol";',
    }),
  )
  const tls = { securityProtocol: 'SSL', sslTruststoreLocation: authority } as const
  await check('a record goes through TLS', () => works({ bootstrap: `localhost:${ports.SSL}`, ...tls }))
  await check('a record goes through TLS 1.2, with a suite by its Java name', () =>
    works({
      bootstrap: `localhost:${ports.SSL}`,
      ...tls,
      sslEnabledProtocols: ['TLSv1.2'],
      sslCipherSuites: ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'],
    }),
  )
  const mutual = { bootstrap: `localhost:${ports.MUTUAL}`, ...tls } as const
  await check('a record goes through TLS with a client certificate in PEM', () =>
    works({ ...mutual, sslKeystoreLocation: clientStore }),
  )
  await check('a record goes through TLS with a client certificate in PKCS#12', () =>
    works({ ...mutual, sslKeystoreLocation: clientArchive, sslKeystorePassword: archivePassword }),
  )
  await check('sessions are renewed under load before the server ends them', () =>
    outlivesSessions({ bootstrap: sasl, auth: scram('bob', 'bob,=säcret', 'SCRAM-SHA-256') }),
  )
}

async function checkRefused({ ports, certificates }: Place, { check }: SuiteContext): Promise<void> {
  const { authority, strangersAuthority } = certificates
  const bootstrap = `localhost:${ports.SASL_PLAINTEXT}`
  const name = 'AuthenticationError'
  await check('a wrong password is said, at once', () =>
    fails(
      { bootstrap, auth: scram('bob', 'wrong') },
      { name, message: /refused who we are: .*[Ii]nvalid credentials/ },
    ),
  )
  await check('a mechanism that the server does not have is said, with those it has', () =>
    fails(
      {
        bootstrap: `localhost:${ports.SASL_SSL}`,
        auth: plain('alice', 'x'),
        tls: true,
        sslTruststoreLocation: authority,
      },
      { name, message: /does not do PLAIN; it has: SCRAM-SHA-256/ },
    ),
  )
  const tls = { bootstrap: `localhost:${ports.SSL}`, securityProtocol: 'SSL' } as const
  await check('a certificate of an unknown authority is said', () =>
    fails({ ...tls, sslTruststoreLocation: strangersAuthority }, { name, message: /is not accepted: .*truststore/ }),
  )
  await check('a missing client certificate is said', () =>
    fails(
      { ...tls, bootstrap: `localhost:${ports.MUTUAL}`, sslTruststoreLocation: authority },
      {
        name: /^(AuthenticationError|TimeoutError)$/,
        message: /wants (one|a certificate of ours) .*ssl\.keystore\.location/,
      },
    ),
  )
}

async function checkWrongPorts({ ports, certificates }: Place, { check }: SuiteContext): Promise<void> {
  const name = 'TimeoutError'
  const at = (listener: keyof Ports): string => `localhost:${ports[listener]}`
  const tls = { securityProtocol: 'SSL', sslTruststoreLocation: certificates.authority } as const
  await check('TLS spoken to plaintext is said', () =>
    fails({ bootstrap: at('PLAINTEXT'), ...tls }, { name, message: /does not speak TLS.*set security\.protocol/ }),
  )
  await check('plaintext spoken to TLS is said', () =>
    fails({ bootstrap: at('SSL') }, { name, message: /security\.protocol (has )?to (be )?SSL or SASL_SSL/ }),
  )
  await check('no SASL where it is wanted is said', () =>
    fails({ bootstrap: at('SASL_PLAINTEXT') }, { name, message: /perhaps it wants SASL/ }),
  )
  await check('SASL where it is not wanted is said', () =>
    fails(
      { bootstrap: at('PLAINTEXT'), auth: scram('bob', 'x') },
      { name: 'AuthenticationError', message: /wants no SASL on this port/ },
    ),
  )
  await check('an HTTP server is said', async () => {
    const http = createServer((_, answer) => answer.end('hello'))
    await new Promise<void>((resolve) => void http.listen(0, '127.0.0.1', resolve))
    // The server has an address of this kind once it listens on a port.
    const { port } = http.address() as AddressInfo
    try {
      await fails({ bootstrap: `127.0.0.1:${port}` }, { name, message: /is an HTTP server/ })
      await fails({ bootstrap: `127.0.0.1:${port}`, ...tls }, { name, message: /does not speak TLS/ })
    } finally {
      http.close()
    }
  })
}

// ------------------------------------------------------------------------------------------------------- what is done

async function works(options: ConnectOptions): Promise<void> {
  await using kafka = await connect({ clientId: 'client-security', timeoutMs: 20_000, ...options })
  await using producer = kafka.producer()
  const { offset } = await producer.send('secured', { value: 'seen' })
  assert.ok(offset >= 0)
}

async function fails(options: ConnectOptions, expected: { name: string | RegExp; message: RegExp }): Promise<void> {
  const tried = connect({ clientId: 'client-security', timeoutMs: 2500, logLevel: 'off', ...options })
  await assert.rejects(async () => {
    await using kafka = await tried
    assert.fail(`connected to ${kafka.cluster.metadata.clusterId}`)
  }, expected)
}

/** Records in a steady stream for three sessions: none may fail, and the connection is the same to the end. */
async function outlivesSessions(options: ConnectOptions): Promise<string> {
  const failures: string[] = []
  const writeLog = (line: string): void => void failures.push(line)
  await using kafka = await connect({ ...options, logLevel: 'debug', writeLog })
  await using producer = kafka.producer({ retryBackoffMs: 60_000, lingerMs: 0 })
  const endsAtMs = Date.now() + 3 * sessionMs
  let count = 0
  for (; Date.now() < endsAtMs; count++) {
    await producer.send('secured', { value: `${count}` })
    await setTimeout(5)
  }
  assert.deepEqual(failures, [])
  return `${count} records`
}

async function addUsers(ports: Ports): Promise<void> {
  await using kafka = await connect({ bootstrap: `localhost:${ports.PLAINTEXT}` })
  const admin = kafka.admin()
  const users = [
    { user: 'bob', mechanism: 'SCRAM-SHA-256', password: 'bob,=säcret' },
    { user: 'bob', mechanism: 'SCRAM-SHA-512', password: 'bob,=säcret' },
    { user: 'b=o,b', mechanism: 'SCRAM-SHA-512', password: 'other', iterations: 8192 },
  ] as const
  for (const one of users) (await admin.alterUserScramCredentials({ upsertions: [one] })).value(one.user)
  await admin.createTopics([{ name: 'secured', numPartitions: 1 }])
}

async function startSecured(ports: Ports, certificates: Certificates): Promise<Server> {
  const controllerPort = await freePort()
  const addresses = listeners.map((name) => `${name}://localhost:${ports[name]}`).join(',')
  const module = (name: string): string => `org.apache.kafka.common.security.${name} required`
  const scramModule = `${module('scram.ScramLoginModule')};`
  const sasl = 'listener.name.sasl_plaintext'
  return startApacheKafka({
    port: ports.PLAINTEXT,
    properties: {
      listeners: `${addresses},CONTROLLER://localhost:${controllerPort}`,
      'advertised.listeners': addresses,
      'controller.quorum.voters': `1@localhost:${controllerPort}`,
      'inter.broker.listener.name': 'PLAINTEXT',
      'listener.security.protocol.map':
        'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL,MUTUAL:SSL',
      'delegation.token.secret.key': 'only-for-this-run',
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': certificates.serverStore,
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': certificates.authority,
      'listener.name.mutual.ssl.client.auth': 'required',
      [`${sasl}.sasl.enabled.mechanisms`]: 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
      [`${sasl}.connections.max.reauth.ms`]: sessionMs,
      [`${sasl}.plain.sasl.jaas.config`]: `${module('plain.PlainLoginModule')} user_alice="alice-secret";`,
      [`${sasl}.scram-sha-256.sasl.jaas.config`]: scramModule,
      [`${sasl}.scram-sha-512.sasl.jaas.config`]: scramModule,
      [`${sasl}.oauthbearer.sasl.jaas.config`]: `${module('oauthbearer.OAuthBearerLoginModule')} unsecuredLoginStringClaim_sub="broker";`,
      'listener.name.sasl_ssl.sasl.enabled.mechanisms': 'SCRAM-SHA-256',
      'listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config': scramModule,
    },
  })
}

async function freePorts(): Promise<Ports> {
  const found = await Promise.all(listeners.map(async (name) => [name, await freePort()] as const))
  // One for each name of the list.
  return Object.fromEntries(found) as Ports
}
