import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConfigError } from '@gregor/config'
import { SimulatedWorld } from '@gregor/testkit/simulation'
import { type ClientOptions, readOptions } from '../config/client-config.ts'
import { connectionConfigs } from '../config/common-configs.ts'
import { authFromConfig } from './auth-from-config.ts'
import { type Auth, plain } from './auth.ts'
import { type Security, type SecurityEnvironment, securityFromConfig } from './security-from-config.ts'

type Options = ClientOptions<typeof connectionConfigs>

const key = '-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----\n'
const one = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'
const two = '-----BEGIN CERTIFICATE-----\nBBBB\n-----END CERTIFICATE-----'

async function newEnvironment(): Promise<SecurityEnvironment> {
  const { environment } = new SimulatedWorld({ seed: 1 }).node('client')
  const { disk } = environment
  disk.makeDirectory('/s')
  const files = {
    'ca.pem': `comment\n${one}\n${two}\n`,
    'store.pem': `${key}${one}\n`,
    'store.p12': Buffer.from([0x30, 0x82, 1, 2]),
    'store.jks': Buffer.from([0xfe, 0xed, 0xfe, 0xed]),
    token: 'a.b.c\n',
    jwt: `x.${Buffer.from('{"exp":5000}').toString('base64url')}.y`,
  }
  for (const [name, content] of Object.entries(files)) await disk.replaceFile(`/s/${name}`, Buffer.from(content))
  return environment
}

async function secured(options: Options, given: Parameters<typeof securityFromConfig>[2] = {}): Promise<Security> {
  const environment = await newEnvironment()
  return securityFromConfig(readOptions(connectionConfigs, options, { client: 'connect' }), environment, given)
}

async function refused(options: Options): Promise<readonly string[]> {
  try {
    await secured(options)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ message }) => message)
    throw error
  }
  return []
}

async function auth(options: Options): Promise<Auth> {
  const environment = await newEnvironment()
  const problems: { message: string }[] = []
  const found = authFromConfig(readOptions(connectionConfigs, options, { client: 'connect' }), environment, problems)
  assert.deepEqual(problems, [])
  assert.ok(found !== undefined)
  return found
}

const jaas = (module: string, rest: string): string => `org.apache.kafka.common.security.${module} required ${rest};`

describe('security.protocol', () => {
  for (const [securityProtocol, hasTls, hasSasl] of [
    ['PLAINTEXT', false, false],
    ['SSL', true, false],
    ['SASL_PLAINTEXT', false, true],
    ['SASL_SSL', true, true],
  ] as const) {
    it(`${securityProtocol} says whether there are TLS and SASL`, async () => {
      const saslJaasConfig = jaas('plain.PlainLoginModule', 'username="u" password="p"')
      const security = await secured({ securityProtocol, saslMechanism: 'PLAIN', saslJaasConfig })
      assert.deepEqual([security.tls !== undefined, security.authenticator !== undefined], [hasTls, hasSasl])
    })
  }

  it('need not be given where a program says it otherwise', async () => {
    const both = await secured({}, { auth: plain('a', 'b'), tls: true })
    assert.ok(both.tls !== undefined && both.authenticator !== undefined)
    const tls = { checksHost: false }
    assert.equal((await secured({}, { tls })).tls, tls)
    assert.equal((await secured({ securityProtocol: 'SSL' }, { tls: false })).tls, undefined)
  })
})

describe('ssl.*', () => {
  const ssl = { securityProtocol: 'SSL' } as const

  it('trusts what Node.js trusts, and checks the host, unless it is said otherwise', async () => {
    const { tls } = await secured(ssl)
    assert.deepEqual(tls, { checksHost: true, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' })
    assert.equal((await secured({ ...ssl, sslEndpointIdentificationAlgorithm: '' })).tls?.checksHost, false)
  })

  it('reads certificates from a PEM file, or text on one line', async () => {
    assert.deepEqual((await secured({ ...ssl, sslTruststoreLocation: '/s/ca.pem' })).tls?.trusted, [one, two])
    const text = '-----BEGIN CERTIFICATE----- AA AA -----END CERTIFICATE-----'
    assert.deepEqual((await secured({ ...ssl, sslTruststoreCertificates: text })).tls?.trusted, [one])
  })

  it('reads key and certificates from PEM text, a PEM file, or an archive', async () => {
    const text = { sslKeystoreKey: key, sslKeystoreCertificateChain: one }
    assert.equal((await secured({ ...ssl, ...text })).tls?.certificateChain, one)
    const file = (await secured({ ...ssl, sslKeystoreLocation: '/s/store.pem', sslKeyPassword: 'p' })).tls
    assert.deepEqual([file?.key, file?.certificateChain, file?.passphrase], [key.trimEnd(), one, 'p'])
    const archive = { sslKeystoreLocation: '/s/store.p12', sslKeystorePassword: 'p' }
    assert.deepEqual((await secured({ ...ssl, ...archive })).tls?.archive, Buffer.from([0x30, 0x82, 1, 2]))
  })

  it('narrows versions and suites', async () => {
    const { tls } = await secured({
      ...ssl,
      sslEnabledProtocols: ['TLSv1.2'],
      sslCipherSuites: [
        'TLS_AES_128_GCM_SHA256',
        'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
        'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
      ],
    })
    assert.equal(tls?.maxVersion, 'TLSv1.2')
    assert.equal(tls?.ciphers, 'TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305')
    assert.equal((await secured({ ...ssl, sslEnabledProtocols: ['TLSv1.3'] })).tls?.minVersion, 'TLSv1.3')
  })

  for (const [options, message] of [
    [{ sslTruststoreLocation: '/s/none' }, /^ssl\.truststore\.location: \/s\/none cannot be read \(ENOENT\)\./],
    [
      { sslTruststoreLocation: '/s/store.jks' },
      /^ssl\.truststore\.location: .* is neither PEM nor PKCS#12.*keytool -importkeystore/,
    ],
    [{ sslTruststoreLocation: '/s/store.p12' }, /openssl pkcs12/],
    [{ sslKeystoreLocation: '/s/ca.pem' }, /holds no private key/],
    [{ sslKeystoreKey: key }, /belong together/],
    [{ sslEndpointIdentificationAlgorithm: 'ldap' }, /^Invalid value ldap/],
  ] as const) {
    it(`refuses ${JSON.stringify(options)} and says what to do`, async () => {
      const [problem, ...more] = await refused({ ...ssl, ...options })
      assert.match(problem ?? '', message)
      assert.deepEqual(more, [])
    })
  }
})

describe('sasl.*', () => {
  it('reads name and password from JAAS', async () => {
    const rest = 'username="u" password="p"'
    const found = await auth({ saslMechanism: 'PLAIN', saslJaasConfig: jaas('plain.PlainLoginModule', rest) })
    assert.ok(found.mechanism === 'PLAIN')
    assert.deepEqual(await found.credentials(), { username: 'u', password: 'p' })
    for (const [extra, isToken] of [
      ['', false],
      [' tokenauth="true"', true],
    ] as const) {
      const saslJaasConfig = jaas('scram.ScramLoginModule', rest + extra)
      const scrammed = await auth({ saslMechanism: 'SCRAM-SHA-256', saslJaasConfig })
      assert.ok(scrammed.mechanism === 'SCRAM-SHA-256')
      assert.equal(scrammed.isToken, isToken)
    }
  })

  it('takes OAuth tokens from a file, with the end that a JWT names', async () => {
    for (const [name, value, expiresAtMs] of [
      ['jwt', /^x\./, 5_000_000],
      ['token', /^a\.b\.c$/, 1_767_225_600_000 + 3_600_000],
    ] as const) {
      const found = await auth({ saslMechanism: 'OAUTHBEARER', saslOauthbearerTokenEndpointUrl: `file:///s/${name}` })
      assert.ok(found.mechanism === 'OAUTHBEARER')
      const token = await found.token()
      assert.match(token.value, value)
      assert.equal(token.expiresAtMs, expiresAtMs)
    }
  })

  it('makes unsecured OAuth tokens as JAAS says', async () => {
    const rest =
      'unsecuredLoginStringClaim_sub="alice" unsecuredLoginLifetimeSeconds="60" unsecuredLoginListClaim_scope="|a|b"'
    const saslJaasConfig = jaas('oauthbearer.OAuthBearerLoginModule', rest)
    const found = await auth({ saslMechanism: 'OAUTHBEARER', saslJaasConfig })
    assert.ok(found.mechanism === 'OAUTHBEARER')
    const token = await found.token()
    assert.equal(token.expiresAtMs, 1_767_225_600_000 + 60_000)
    const claims: unknown = JSON.parse(Buffer.from(token.value.split('.')[1] ?? '', 'base64url').toString())
    assert.deepEqual(claims, { sub: 'alice', iat: 1_767_225_600, exp: 1_767_225_660, scope: ['a', 'b'] })
  })

  for (const [options, message] of [
    [{}, /^Invalid value GSSAPI for configuration sasl\.mechanism/],
    [{ saslMechanism: 'PLAIN' }, /^sasl\.jaas\.config is missing for sasl\.mechanism=PLAIN/],
    [{ saslMechanism: 'PLAIN', saslJaasConfig: 'secret' }, /^sasl\.jaas\.config cannot be read/],
    [
      { saslMechanism: 'PLAIN', saslJaasConfig: jaas('scram.ScramLoginModule', 'username="u" password="secret"') },
      /has org\.apache\.kafka\.common\.security\.scram\.ScramLoginModule, but sasl\.mechanism=PLAIN wants PlainLoginModule/,
    ],
    [{ saslMechanism: 'PLAIN', saslJaasConfig: jaas('plain.PlainLoginModule', 'username="u"') }, /has no password/],
    [
      { saslMechanism: 'PLAIN', saslJaasConfig: jaas('plain.PlainLoginModule', 'password="secret"') },
      /has no username/,
    ],
    [
      { saslMechanism: 'OAUTHBEARER', saslJaasConfig: jaas('oauthbearer.OAuthBearerLoginModule', 'a="b"') },
      /says nothing of a token/,
    ],
    [{ saslMechanism: 'OAUTHBEARER', saslOauthbearerTokenEndpointUrl: 'https://idp' }, /is not asked by this client/],
  ] as const) {
    it(`refuses ${JSON.stringify(options)}, and keeps secrets to itself`, async () => {
      const [problem, ...more] = await refused({ securityProtocol: 'SASL_PLAINTEXT', ...options })
      assert.match(problem ?? '', message)
      assert.doesNotMatch(problem ?? '', /secret/)
      assert.deepEqual(more, [])
    })
  }
})
