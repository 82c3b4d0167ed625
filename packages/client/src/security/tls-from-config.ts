/**
 * From `ssl.*` to TLS: PEM as text or in files, keys in PKCS#12 archives. Java's own keystores (JKS) are not read; what to
 * do about one is said instead.
 */
import type { ConfigProblem } from '@gregor/config'
import { type Disk, DiskError, type TlsOptions } from '@gregor/platform'
import type { ConnectionConfig } from './security-from-config.ts'

type Store = { readonly kind: 'PEM'; readonly text: string } | { readonly kind: 'PKCS12'; readonly bytes: Buffer }

interface StoreKeys {
  readonly store: 'keystore' | 'truststore'
  readonly location: string | undefined
  readonly type: string | undefined
}

/** Puts what is wrong into `problems`. Reads no file where TLS is not wanted. */
export function tlsFromConfig(
  config: ConnectionConfig,
  disk: Pick<Disk, 'readFile'>,
  isWanted: boolean,
  problems: ConfigProblem[],
): TlsOptions | undefined {
  if (!isWanted) return undefined
  const protocols = config.sslEnabledProtocols
  const passphrase = config.sslKeyPassword ?? config.sslKeystorePassword
  const identification = config.sslEndpointIdentificationAlgorithm.toLowerCase()
  if (identification !== '' && identification !== 'https') {
    const key = 'ssl.endpoint.identification.algorithm'
    problems.push({ key, message: `Invalid value ${identification} for configuration ${key}: https, or nothing.` })
  }
  return {
    checksHost: identification !== '',
    minVersion: protocols.includes('TLSv1.2') ? 'TLSv1.2' : 'TLSv1.3',
    maxVersion: protocols.includes('TLSv1.3') ? 'TLSv1.3' : 'TLSv1.2',
    ...trustFrom(config, disk, problems),
    ...identityFrom(config, disk, problems),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(config.sslCipherSuites.length === 0 ? {} : { ciphers: config.sslCipherSuites.map(opensslName).join(':') }),
  }
}

function trustFrom(
  config: ConnectionConfig,
  disk: Pick<Disk, 'readFile'>,
  problems: ConfigProblem[],
): Pick<TlsOptions, 'trusted'> {
  const inline = config.sslTruststoreCertificates
  if (inline !== undefined) return { trusted: certificatesIn(inline) }
  const { sslTruststoreLocation: location, sslTruststoreType: type } = config
  const store = readStore({ store: 'truststore', location, type }, disk, problems)
  if (store === undefined) return {}
  if (store.kind === 'PEM') return { trusted: certificatesIn(store.text) }
  const advice = 'openssl pkcs12 -in FILE -cacerts -nokeys -out ca.pem'
  const message = `ssl.truststore.location: certificates are read from PEM, not from PKCS#12. Convert it: ${advice}`
  problems.push({ key: 'ssl.truststore.location', message })
  return {}
}

function identityFrom(
  config: ConnectionConfig,
  disk: Pick<Disk, 'readFile'>,
  problems: ConfigProblem[],
): Pick<TlsOptions, 'certificateChain' | 'key' | 'archive'> {
  const { sslKeystoreKey: key, sslKeystoreCertificateChain: chain } = config
  if ((key === undefined) !== (chain === undefined)) {
    const message = 'ssl.keystore.key and ssl.keystore.certificate.chain belong together: give both.'
    problems.push({ key: 'ssl.keystore.key', message })
  }
  if (key !== undefined && chain !== undefined) return { key: withLines(key), certificateChain: withLines(chain) }
  const { sslKeystoreLocation: location, sslKeystoreType: type } = config
  const store = readStore({ store: 'keystore', location, type }, disk, problems)
  if (store === undefined) return {}
  if (store.kind === 'PKCS12') return { archive: store.bytes }
  const keyText = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/.exec(store.text)?.[0]
  if (keyText !== undefined) return { key: keyText, certificateChain: certificatesIn(store.text).join('\n') }
  problems.push({ key: 'ssl.keystore.location', message: `ssl.keystore.location: ${location} holds no private key.` })
  return {}
}

function readStore(
  { store, location, type }: StoreKeys,
  disk: Pick<Disk, 'readFile'>,
  problems: ConfigProblem[],
): Store | undefined {
  if (location === undefined) return undefined
  const key = `ssl.${store}.location`
  let bytes: Buffer
  try {
    bytes = disk.readFile(location)
  } catch (cause) {
    if (!(cause instanceof DiskError)) throw cause
    problems.push({ key, value: location, message: `${key}: ${location} cannot be read (${cause.code}).` })
    return undefined
  }
  const kind = kindOf(bytes, type)
  if (kind === 'PEM') return { kind, text: bytes.toString('utf8') }
  if (kind === 'PKCS12') return { kind, bytes }
  const advice = `keytool -importkeystore -srckeystore ${location} -destkeystore store.p12 -deststoretype PKCS12`
  problems.push({ key, value: location, message: `${key}: ${location} is neither PEM nor PKCS#12. Of JKS: ${advice}` })
  return undefined
}

/** The content decides; `type` only where it does not tell. */
function kindOf(bytes: Buffer, type: string | undefined): 'PEM' | 'PKCS12' | undefined {
  if (bytes.includes('-----BEGIN ')) return 'PEM'
  const isDer = bytes[0] === 0x30
  return isDer && type?.toUpperCase() !== 'JKS' ? 'PKCS12' : undefined
}

function certificatesIn(text: string): readonly string[] {
  const found = withLines(text).match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g)
  return found ?? [text]
}

/** In a properties file PEM often stands on one line, with `\n` or blanks where lines ended. */
function withLines(pem: string): string {
  if (pem.includes('\n')) return pem
  return pem.replaceAll(
    /(-----BEGIN [A-Z ]+-----)(.*?)(-----END [A-Z ]+-----)/g,
    (_, begin: string, body: string, end: string) => {
      const lines = body.replaceAll(/\\n|\s/g, '').match(/.{1,64}/g) ?? []
      return [begin, ...lines, end, ''].join('\n')
    },
  )
}

/** `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256` → `ECDHE-RSA-AES128-GCM-SHA256`; those of TLS 1.3 have one name. */
function opensslName(suite: string): string {
  const match = /^TLS_(.+)_WITH_(.+)$/.exec(suite)
  if (match === null) return suite
  const cipher = (match[2] ?? '').replace(/AES_(\d+)/, 'AES$1').replace('CHACHA20_POLY1305_SHA256', 'CHACHA20_POLY1305')
  return `${match[1]}_${cipher}`.replaceAll('_', '-')
}
