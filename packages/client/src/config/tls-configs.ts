/** Configs of TLS, as a client has them. Stores are PEM or PKCS12; Java's own JKS format is refused with advice. */
import { defineConfigs, list, password, string } from '@gregor/config'

export const tlsConfigs = defineConfigs({
  'ssl.cipher.suites': list({
    default: [],
    importance: 'low',
    doc: 'Cipher suites that may be used, by their Java or OpenSSL names; empty: all that Node.js offers.',
  }),
  'ssl.enabled.protocols': list({
    default: ['TLSv1.2', 'TLSv1.3'],
    values: ['TLSv1.2', 'TLSv1.3'],
    mayBeEmpty: false,
    doc: 'Versions of TLS that may be used.',
  }),
  'ssl.endpoint.identification.algorithm': string({
    default: 'https',
    importance: 'low',
    doc: '`https`: the server’s certificate must be for the host that was connected to; empty: it is not checked.',
  }),
  'ssl.key.password': password({
    doc: 'Password of the private key.',
  }),
  'ssl.keystore.certificate.chain': password({
    doc: 'The client’s certificate and those above it, as PEM text.',
  }),
  'ssl.keystore.key': password({
    doc: 'The client’s private key, as PEM text (PKCS#8).',
  }),
  'ssl.keystore.location': string({
    doc: 'File with the client’s key and certificates.',
  }),
  'ssl.keystore.password': password({
    doc: 'Password of the keystore.',
  }),
  'ssl.keystore.type': string({
    doc: '`PEM` or `PKCS12`. Default: as the file’s content says.',
  }),
  'ssl.protocol': string({
    default: 'TLSv1.3',
    doc: 'Accepted; `ssl.enabled.protocols` decides.',
  }),
  'ssl.truststore.certificates': password({
    doc: 'Certificates that are trusted, as PEM text. Default: those that Node.js trusts.',
  }),
  'ssl.truststore.location': string({
    doc: 'File with certificates that are trusted.',
  }),
  'ssl.truststore.password': password({
    doc: 'Password of the truststore.',
  }),
  'ssl.truststore.type': string({
    doc: '`PEM` or `PKCS12`. Default: as the file’s content says.',
  }),
})
