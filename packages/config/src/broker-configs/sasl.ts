/** SASL, OAuth and delegation tokens. */
import { boolean, className, defineConfigs, double, int, list, long, password, short, string } from '../definition.ts'

export const saslConfigs = defineConfigs({
  'connections.max.reauth.ms': long({
    default: 0,
    doc: 'Longest life of a SASL session before the client must authenticate again; 0: no limit.',
  }),
  'delegation.token.expiry.check.interval.ms': long({
    default: 3_600_000,
    min: 1,
    importance: 'low',
    doc: 'Pause between two removals of expired delegation tokens.',
  }),
  'delegation.token.expiry.time.ms': long({
    default: 86_400_000,
    min: 1,
    doc: 'How long a delegation token is valid unless it is renewed.',
  }),
  'delegation.token.max.lifetime.ms': long({
    default: 604_800_000,
    min: 1,
    doc: 'A delegation token cannot be renewed beyond this age.',
  }),
  'delegation.token.secret.key': password({
    doc: 'Key that signs delegation tokens, the same on every node. Unset: there are no tokens.',
  }),
  'sasl.client.callback.handler.class': className({
    doc: "Java class that supplies a client's credentials. Java handlers are not run here.",
  }),
  'sasl.enabled.mechanisms': list({
    default: ['GSSAPI'],
    scope: 'per-broker',
    doc: 'SASL mechanisms that clients may use.',
  }),
  'sasl.jaas.config': password({
    scope: 'per-broker',
    doc: 'Login modules and their options, in the format of JAAS files; for a server, under `listener.name.NAME.MECHANISM.`.',
  }),
  'sasl.kerberos.kinit.cmd': string({
    default: '/usr/bin/kinit',
    scope: 'per-broker',
    doc: 'The kinit program.',
  }),
  'sasl.kerberos.min.time.before.relogin': long({
    default: 60_000,
    scope: 'per-broker',
    doc: 'Shortest time between two refreshes of a Kerberos ticket.',
  }),
  'sasl.kerberos.principal.to.local.rules': list({
    default: ['DEFAULT'],
    scope: 'per-broker',
    doc: 'How a Kerberos principal becomes a short name; the first rule that fits is used.',
  }),
  'sasl.kerberos.service.name': string({
    scope: 'per-broker',
    doc: 'The Kerberos name of the Kafka servers.',
  }),
  'sasl.kerberos.ticket.renew.jitter': double({
    default: 0.05,
    scope: 'per-broker',
    doc: 'Share of the renewal time that is drawn at random.',
  }),
  'sasl.kerberos.ticket.renew.window.factor': double({
    default: 0.8,
    scope: 'per-broker',
    doc: "Share of a Kerberos ticket's life after which it is renewed.",
  }),
  'sasl.login.callback.handler.class': className({
    doc: 'Java class that supplies credentials at login. Java handlers are not run here.',
  }),
  'sasl.login.class': className({
    doc: 'Java class that logs in. Java classes are not run here.',
  }),
  'sasl.login.connect.timeout.ms': int({
    importance: 'low',
    doc: 'How long connecting to an OAuth provider may take.',
  }),
  'sasl.login.read.timeout.ms': int({
    importance: 'low',
    doc: 'How long reading from an OAuth provider may take.',
  }),
  'sasl.login.refresh.buffer.seconds': short({
    default: 300,
    scope: 'per-broker',
    doc: 'A token is refreshed at least this long before it expires, where its life allows.',
  }),
  'sasl.login.refresh.min.period.seconds': short({
    default: 60,
    scope: 'per-broker',
    doc: 'Shortest time between two refreshes of a token, where its life allows.',
  }),
  'sasl.login.refresh.window.factor': double({
    default: 0.8,
    scope: 'per-broker',
    doc: "Share of a token's life after which it is refreshed.",
  }),
  'sasl.login.refresh.window.jitter': double({
    default: 0.05,
    scope: 'per-broker',
    doc: "Share of a token's life by which the refresh is delayed at random.",
  }),
  'sasl.login.retry.backoff.max.ms': long({
    default: 10_000,
    importance: 'low',
    doc: 'Longest pause before an OAuth provider is asked again.',
  }),
  'sasl.login.retry.backoff.ms': long({
    default: 100,
    importance: 'low',
    doc: 'First pause before an OAuth provider is asked again.',
  }),
  'sasl.mechanism.controller.protocol': string({
    default: 'GSSAPI',
    importance: 'high',
    doc: 'SASL mechanism for connections to controllers.',
  }),
  'sasl.mechanism.inter.broker.protocol': string({
    default: 'GSSAPI',
    scope: 'per-broker',
    doc: 'SASL mechanism for connections between brokers.',
  }),
  'sasl.oauthbearer.assertion.algorithm': string({
    default: 'RS256',
    validator: { kind: 'oneOf', values: ['ES256', 'RS256'], ignoresCase: true },
    doc: 'Algorithm that signs the assertion sent to an OAuth provider.',
  }),
  'sasl.oauthbearer.assertion.claim.aud': string({
    doc: 'Audience claim of that assertion.',
  }),
  'sasl.oauthbearer.assertion.claim.exp.seconds': int({
    default: 300,
    min: 0,
    max: 86_400,
    importance: 'low',
    doc: 'How long that assertion is valid.',
  }),
  'sasl.oauthbearer.assertion.claim.iss': string({
    doc: 'Issuer claim of that assertion.',
  }),
  'sasl.oauthbearer.assertion.claim.jti.include': boolean({
    default: false,
    doc: 'Whether that assertion carries an id that makes it unique.',
  }),
  'sasl.oauthbearer.assertion.claim.nbf.seconds': int({
    default: 60,
    min: 0,
    max: 3600,
    importance: 'low',
    doc: 'How long before now that assertion begins to be valid.',
  }),
  'sasl.oauthbearer.assertion.claim.sub': string({
    doc: 'Subject claim of that assertion.',
  }),
  'sasl.oauthbearer.assertion.file': string({
    doc: 'File with a ready-made assertion.',
  }),
  'sasl.oauthbearer.assertion.private.key.file': string({
    doc: 'File with the PEM key that signs assertions.',
  }),
  'sasl.oauthbearer.assertion.private.key.passphrase': password({
    doc: 'Passphrase of that key.',
  }),
  'sasl.oauthbearer.assertion.template.file': string({
    doc: 'JSON file with claims and headers to start an assertion from.',
  }),
  'sasl.oauthbearer.client.credentials.client.id': string({
    doc: 'Client id for the OAuth client credentials grant.',
  }),
  'sasl.oauthbearer.client.credentials.client.secret': password({
    doc: 'Client secret for the OAuth client credentials grant.',
  }),
  'sasl.oauthbearer.clock.skew.seconds': int({
    default: 30,
    importance: 'low',
    doc: 'By how much the clocks of the OAuth provider and of the broker may differ.',
  }),
  'sasl.oauthbearer.expected.audience': list({
    default: [],
    importance: 'high',
    doc: 'Audiences of which a token must name one.',
  }),
  'sasl.oauthbearer.expected.issuer': string({
    importance: 'high',
    doc: 'Issuer that a token must name.',
  }),
  'sasl.oauthbearer.jwks.endpoint.refresh.ms': long({
    default: 3_600_000,
    importance: 'low',
    doc: 'How often the keys that verify tokens are fetched anew.',
  }),
  'sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms': long({
    default: 10_000,
    importance: 'low',
    doc: 'Longest pause before those keys are fetched again after a failure.',
  }),
  'sasl.oauthbearer.jwks.endpoint.retry.backoff.ms': long({
    default: 100,
    importance: 'low',
    doc: 'First pause before those keys are fetched again after a failure.',
  }),
  'sasl.oauthbearer.jwks.endpoint.url': string({
    doc: 'URL, HTTP(S) or file, of the keys that verify tokens.',
  }),
  'sasl.oauthbearer.jwt.retriever.class': className({
    default: 'org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever',
    doc: "Java class that fetches tokens. Only Kafka's default is provided here.",
  }),
  'sasl.oauthbearer.jwt.validator.class': className({
    default: 'org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator',
    doc: "Java class that checks tokens. Only Kafka's default is provided here.",
  }),
  'sasl.oauthbearer.scope': string({
    doc: 'Scope to ask an OAuth provider for.',
  }),
  'sasl.oauthbearer.scope.claim.name': string({
    default: 'scope',
    importance: 'low',
    doc: 'Claim of a token that holds its scope.',
  }),
  'sasl.oauthbearer.sub.claim.name': string({
    default: 'sub',
    importance: 'low',
    doc: 'Claim of a token that holds its subject, which becomes the principal.',
  }),
  'sasl.oauthbearer.token.endpoint.url': string({
    doc: 'URL at which an OAuth provider issues tokens.',
  }),
  'sasl.server.callback.handler.class': className({
    doc: 'Java class that checks credentials. Java handlers are not run here.',
  }),
  'sasl.server.max.receive.size': int({
    default: 524_288,
    doc: 'Largest message accepted before a client is authenticated.',
  }),
})
