/**
 * How Apache Kafka’s tools write an error that they print whole: the Java class of the exception, then its message.
 * Scripts look for the class, so ours name it too.
 */

/** Where the class is not the code in camel case. */
const irregular: Readonly<Record<string, string>> = {
  CLUSTER_AUTHORIZATION_FAILED: 'ClusterAuthorizationException',
  CORRUPT_MESSAGE: 'CorruptRecordException',
  DELEGATION_TOKEN_AUTHORIZATION_FAILED: 'DelegationTokenAuthorizationException',
  DELEGATION_TOKEN_AUTH_DISABLED: 'DelegationTokenDisabledException',
  DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: 'UnsupportedByAuthenticationException',
  DUPLICATE_SEQUENCE_NUMBER: 'DuplicateSequenceException',
  FETCH_SESSION_TOPIC_ID_ERROR: 'FetchSessionTopicIdException',
  GROUP_AUTHORIZATION_FAILED: 'GroupAuthorizationException',
  INVALID_CONFIG: 'InvalidConfigurationException',
  INVALID_PRODUCER_ID_MAPPING: 'InvalidPidMappingException',
  INVALID_REGULAR_EXPRESSION: 'InvalidRegularExpression',
  INVALID_TOPIC_EXCEPTION: 'InvalidTopicException',
  INVALID_TRANSACTION_TIMEOUT: 'InvalidTxnTimeoutException',
  KAFKA_STORAGE_ERROR: 'KafkaStorageException',
  MESSAGE_TOO_LARGE: 'RecordTooLargeException',
  NETWORK_EXCEPTION: 'NetworkException',
  NON_EMPTY_GROUP: 'GroupNotEmptyException',
  OUT_OF_ORDER_SEQUENCE_NUMBER: 'OutOfOrderSequenceException',
  PRINCIPAL_DESERIALIZATION_FAILURE: 'PrincipalDeserializationException',
  RECORD_LIST_TOO_LARGE: 'RecordBatchTooLargeException',
  REQUEST_TIMED_OUT: 'TimeoutException',
  SASL_AUTHENTICATION_FAILED: 'SaslAuthenticationException',
  STALE_CONTROLLER_EPOCH: 'ControllerMovedException',
  TOPIC_ALREADY_EXISTS: 'TopicExistsException',
  TOPIC_AUTHORIZATION_FAILED: 'TopicAuthorizationException',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'TransactionalIdAuthorizationException',
  UNKNOWN_SERVER_ERROR: 'UnknownServerException',
}

const directory = 'org.apache.kafka.common.errors'

/** `org.apache.kafka.common.errors.UnknownTopicOrPartitionException: …` */
export function javaErrorText(error: Error): string {
  return `${directory}.${javaClass(error)}: ${error.message}`
}

function javaClass(error: Error): string {
  const code = errorCodeOf(error)
  if (code === undefined) return error.name === 'TimeoutError' ? 'TimeoutException' : 'DisconnectException'
  return (
    irregular[code] ??
    `${code.toLowerCase().replaceAll(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())}Exception`
  )
}

/** What the cluster said, by its name in the protocol; `undefined` of an error that is not the cluster’s. */
export function errorCodeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
