/** TLS, and who may do what. */
import { boolean, className, defineConfigs, list, oneOf, password, string } from '../definition.ts'

export const tlsConfigs = defineConfigs({
  'authorizer.class.name': string({
    default: '',
    importance: 'low',
    doc: 'What decides who may do what; empty: everybody may do everything. `org.apache.kafka.metadata.authorizer.StandardAuthorizer` keeps ACLs in the cluster metadata.',
  }),
  'principal.builder.class': className({
    default: 'org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder',
    scope: 'per-broker',
    doc: "Java class that makes a principal of a connection. Only Kafka's default is provided here.",
  }),
  'security.providers': string({
    importance: 'low',
    doc: 'Java classes that add security algorithms. Java classes are not run here.',
  }),
  'ssl.allow.dn.changes': boolean({
    default: false,
    importance: 'low',
    doc: 'Whether a new certificate may name another subject than the one it replaces.',
  }),
  'ssl.allow.san.changes': boolean({
    default: false,
    importance: 'low',
    doc: 'Whether a new certificate may lack alternative names of the one it replaces.',
  }),
  'ssl.cipher.suites': list({
    default: [],
    scope: 'per-broker',
    doc: 'TLS cipher suites that may be used; empty: all that the runtime offers.',
  }),
  'ssl.client.auth': oneOf(['required', 'requested', 'none'], {
    default: 'none',
    scope: 'per-broker',
    doc: 'Whether a client must, may or need not show a certificate.',
  }),
  'ssl.enabled.protocols': list({
    default: ['TLSv1.2', 'TLSv1.3'],
    scope: 'per-broker',
    doc: 'TLS versions that may be used.',
  }),
  'ssl.endpoint.identification.algorithm': string({
    default: 'https',
    scope: 'per-broker',
    importance: 'low',
    doc: "`https`: the name in a server's certificate must be that of its host; empty: it is not checked.",
  }),
  'ssl.engine.factory.class': className({
    scope: 'per-broker',
    importance: 'low',
    doc: 'Java class that makes TLS engines. Java classes are not run here.',
  }),
  'ssl.key.password': password({
    scope: 'per-broker',
    doc: 'Password of the private key.',
  }),
  'ssl.keymanager.algorithm': string({
    default: 'SunX509',
    scope: 'per-broker',
    doc: "Java's key manager; accepted for compatibility.",
  }),
  'ssl.keystore.certificate.chain': password({
    scope: 'per-broker',
    doc: 'Certificate chain as PEM text, instead of a key store file.',
  }),
  'ssl.keystore.key': password({
    scope: 'per-broker',
    doc: 'Private key as PEM text, instead of a key store file.',
  }),
  'ssl.keystore.location': string({
    scope: 'per-broker',
    doc: 'File with the private key and its certificates.',
  }),
  'ssl.keystore.password': password({
    scope: 'per-broker',
    doc: 'Password of the key store file.',
  }),
  'ssl.keystore.type': string({
    default: 'JKS',
    scope: 'per-broker',
    doc: 'Format of the key store: JKS, PKCS12 or PEM.',
  }),
  'ssl.principal.mapping.rules': string({
    default: 'DEFAULT',
    importance: 'low',
    doc: 'How the subject of a client certificate becomes a principal name: `RULE:pattern/replacement/[LU]` or `DEFAULT`.',
  }),
  'ssl.protocol': string({
    default: 'TLSv1.3',
    scope: 'per-broker',
    doc: 'The TLS version to prefer.',
  }),
  'ssl.provider': string({
    scope: 'per-broker',
    doc: "Java's TLS provider; accepted for compatibility.",
  }),
  'ssl.secure.random.implementation': string({
    scope: 'per-broker',
    importance: 'low',
    doc: "Java's random number generator; accepted for compatibility.",
  }),
  'ssl.trustmanager.algorithm': string({
    default: 'PKIX',
    scope: 'per-broker',
    doc: "Java's trust manager; accepted for compatibility.",
  }),
  'ssl.truststore.certificates': password({
    scope: 'per-broker',
    doc: 'Trusted certificates as PEM text, instead of a trust store file.',
  }),
  'ssl.truststore.location': string({
    scope: 'per-broker',
    doc: 'File with the certificates to trust.',
  }),
  'ssl.truststore.password': password({
    scope: 'per-broker',
    doc: 'Password of the trust store file; without it the file is read without an integrity check.',
  }),
  'ssl.truststore.type': string({
    default: 'JKS',
    scope: 'per-broker',
    doc: 'Format of the trust store: JKS, PKCS12 or PEM.',
  }),
})

/**
 * What StandardAuthorizer reads from the broker's file. Apache Kafka has these in no table: DescribeConfigs shows them
 * like any key it does not know, and so do we.
 */
export const authorizerConfigs = defineConfigs({
  'super.users': string({
    default: '',
    doc: 'Principals that may do everything: `User:name`, separated by semicolons.',
  }),
  'allow.everyone.if.no.acl.found': boolean({
    default: false,
    doc: 'Whether everybody may use what no ACL speaks of.',
  }),
})
