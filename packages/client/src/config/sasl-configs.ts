/** Configs of SASL, as a client has them. */
import { defineConfigs, double, int, long, password, short, string } from '@gregor/config'

export const saslConfigs = defineConfigs({
  'sasl.jaas.config': password({
    doc: 'Login module and credentials, as in JAAS files: `…ScramLoginModule required username="u" password="p";`.',
  }),
  'sasl.kerberos.service.name': string({
    doc: 'Accepted; GSSAPI is not provided here.',
    importance: 'low',
  }),
  'sasl.login.refresh.buffer.seconds': short({
    default: 300,
    min: 0,
    max: 3600,
    importance: 'low',
    doc: 'An OAuth token is refreshed at least this long before it expires, where its life allows. Seconds.',
  }),
  'sasl.login.refresh.min.period.seconds': short({
    default: 60,
    min: 0,
    max: 900,
    importance: 'low',
    doc: 'An OAuth token is used at least this long before it is refreshed, where its life allows. Seconds.',
  }),
  'sasl.login.refresh.window.factor': double({
    default: 0.8,
    min: 0.5,
    max: 1,
    importance: 'low',
    doc: 'Share of an OAuth token’s life after which it is refreshed.',
  }),
  'sasl.login.retry.backoff.max.ms': long({
    default: 10_000,
    importance: 'low',
    doc: 'Longest pause before an OAuth provider is asked again. Milliseconds.',
  }),
  'sasl.login.retry.backoff.ms': long({
    default: 100,
    importance: 'low',
    doc: 'First pause before an OAuth provider is asked again. Milliseconds.',
  }),
  'sasl.login.connect.timeout.ms': int({
    importance: 'low',
    doc: 'How long connecting to an OAuth provider may take. Milliseconds.',
  }),
  'sasl.login.read.timeout.ms': int({
    importance: 'low',
    doc: 'How long an OAuth provider may take to answer. Milliseconds.',
  }),
  'sasl.mechanism': string({
    default: 'GSSAPI',
    doc: 'How a client proves who it is: `PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512`, `OAUTHBEARER`.',
  }),
  'sasl.oauthbearer.client.credentials.client.id': string({
    doc: 'Client id of the OAuth client-credentials grant.',
  }),
  'sasl.oauthbearer.client.credentials.client.secret': password({
    doc: 'Client secret of the OAuth client-credentials grant.',
  }),
  'sasl.oauthbearer.scope': string({
    doc: 'What the OAuth token is asked for.',
  }),
  'sasl.oauthbearer.token.endpoint.url': string({
    doc: 'Where OAuth tokens come from: an http or https address, or a `file:` that holds the token.',
  }),
})
