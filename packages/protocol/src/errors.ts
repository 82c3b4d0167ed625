/**
 * Every error code of the protocol, once: number, whether the same request may succeed when sent again, what it means,
 * and what to do about it. Protocol outcomes are these names as values, never exceptions.
 *
 * "Retriable" says what Apache's Java client does with the code. Codes of newer servers read as UNKNOWN_SERVER_ERROR.
 */

export interface ProtocolErrorEntry {
  readonly code: number
  readonly isRetriable: boolean
  /** A sentence for logs and error messages. */
  readonly message: string
  /** What the receiver can do. */
  readonly advice: string
}

export type ProtocolError = keyof typeof protocolErrors

/** Sending the same again cannot help. */
function final(code: number, message: string, advice: string): ProtocolErrorEntry {
  return { code, isRetriable: false, message, advice }
}

/** May pass: try again, after refreshing metadata or the coordinator where the advice says so. */
function passing(code: number, message: string, advice: string): ProtocolErrorEntry {
  return { code, isRetriable: true, message, advice }
}

const CHECK_ACLS = 'Grant the principal the operation with an ACL, or use another principal.'
const REFRESH = 'Refresh metadata, then try again.'
const FIND_COORDINATOR = 'Find the coordinator again, then try again.'
const WAIT = 'Wait a little, then try again.'

export const protocolErrors = {
  UNKNOWN_SERVER_ERROR: final(-1, 'The server failed in a way it did not foresee.', 'Look into the server’s log.'),
  NONE: final(0, 'Success.', 'Nothing.'),
  OFFSET_OUT_OF_RANGE: final(
    1,
    'The offset is before the log start or behind the log end.',
    'Reset to the earliest or latest offset.',
  ),
  CORRUPT_MESSAGE: passing(
    2,
    'A record batch is damaged: its checksum, its size or its contents are wrong.',
    'Try again; when it stays, verify the log on the server.',
  ),
  UNKNOWN_TOPIC_OR_PARTITION: passing(
    3,
    'This node has no such topic or partition.',
    'Refresh metadata; when it stays, create the topic or check its name.',
  ),
  INVALID_FETCH_SIZE: final(4, 'The fetch size is not positive.', 'Ask for at least one byte.'),
  LEADER_NOT_AVAILABLE: passing(5, 'The partition has no leader at the moment.', REFRESH),
  NOT_LEADER_OR_FOLLOWER: passing(6, 'This node is not the leader, or not a replica, of the partition.', REFRESH),
  REQUEST_TIMED_OUT: passing(7, 'The request was not finished within its time.', 'Try again, or allow more time.'),
  BROKER_NOT_AVAILABLE: final(8, 'The broker asked about is not running.', 'Start it, or ask about another one.'),
  REPLICA_NOT_AVAILABLE: passing(9, 'The node has the partition assigned but no usable replica of it.', REFRESH),
  MESSAGE_TOO_LARGE: final(
    10,
    'A record batch exceeds max.message.bytes of the topic.',
    'Send smaller batches, or raise max.message.bytes.',
  ),
  STALE_CONTROLLER_EPOCH: final(11, 'A newer controller has taken over.', 'Find the active controller.'),
  OFFSET_METADATA_TOO_LARGE: final(
    12,
    'The metadata committed with an offset exceeds offset.metadata.max.bytes.',
    'Commit less metadata.',
  ),
  NETWORK_EXCEPTION: passing(13, 'The connection was lost before the answer came.', 'Reconnect, then try again.'),
  COORDINATOR_LOAD_IN_PROGRESS: passing(14, 'The coordinator is still reading its log.', WAIT),
  COORDINATOR_NOT_AVAILABLE: passing(15, 'No coordinator is available at the moment.', FIND_COORDINATOR),
  NOT_COORDINATOR: passing(16, 'This node does not coordinate that group or transactional id.', FIND_COORDINATOR),
  INVALID_TOPIC_EXCEPTION: final(
    17,
    'The topic name is not allowed, or the operation is not allowed on this topic.',
    'Use 1-249 characters of [a-zA-Z0-9._-], and leave internal topics alone.',
  ),
  RECORD_LIST_TOO_LARGE: final(
    18,
    'The record batches exceed segment.bytes of the topic.',
    'Send smaller batches, or raise segment.bytes.',
  ),
  NOT_ENOUGH_REPLICAS: passing(
    19,
    'Fewer replicas are in sync than min.insync.replicas asks for: nothing was written.',
    'Bring replicas back, or lower min.insync.replicas.',
  ),
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: passing(
    20,
    'The records were written, but to fewer replicas than min.insync.replicas asks for.',
    'Try again with an idempotent producer; without one this may write twice.',
  ),
  INVALID_REQUIRED_ACKS: final(21, 'The value of acks is not one of 0, 1 and -1.', 'Set acks to 0, 1 or all.'),
  ILLEGAL_GENERATION: final(22, 'The generation is not the current one of the group.', 'Join the group again.'),
  INCONSISTENT_GROUP_PROTOCOL: final(
    23,
    'The member shares no assignment strategy or protocol type with the group.',
    'Give all members of the group a common assignor.',
  ),
  INVALID_GROUP_ID: final(24, 'The group id is empty or not allowed.', 'Set a group id.'),
  UNKNOWN_MEMBER_ID: final(25, 'The coordinator does not know this member.', 'Join the group as a new member.'),
  INVALID_SESSION_TIMEOUT: final(
    26,
    'The session timeout is outside the bounds the broker sets.',
    'Choose one between group.min.session.timeout.ms and group.max.session.timeout.ms.',
  ),
  REBALANCE_IN_PROGRESS: final(27, 'The group is rebalancing.', 'Join the group again.'),
  INVALID_COMMIT_OFFSET_SIZE: final(
    28,
    'The offset commit is too large to be stored.',
    'Commit fewer partitions at once.',
  ),
  TOPIC_AUTHORIZATION_FAILED: final(29, 'The principal may not do this with the topic.', CHECK_ACLS),
  GROUP_AUTHORIZATION_FAILED: final(30, 'The principal may not do this with the group.', CHECK_ACLS),
  CLUSTER_AUTHORIZATION_FAILED: final(31, 'The principal may not do this with the cluster.', CHECK_ACLS),
  INVALID_TIMESTAMP: final(
    32,
    'The timestamp of a record is further from now than the topic allows.',
    'Correct the timestamp, or raise message.timestamp.before.max.ms or message.timestamp.after.max.ms.',
  ),
  UNSUPPORTED_SASL_MECHANISM: final(33, 'The SASL mechanism is not enabled.', 'Use one of those in the answer.'),
  ILLEGAL_SASL_STATE: final(34, 'The request does not belong at this point of authentication.', 'Authenticate first.'),
  UNSUPPORTED_VERSION: final(35, 'The API is not offered in this version.', 'Ask ApiVersions what is offered.'),
  TOPIC_ALREADY_EXISTS: final(36, 'A topic of this name exists.', 'Use it, or choose another name.'),
  INVALID_PARTITIONS: final(
    37,
    'The number of partitions is not allowed.',
    'Ask for at least one, or for more than now.',
  ),
  INVALID_REPLICATION_FACTOR: final(
    38,
    'The replication factor is below 1 or above the number of brokers.',
    'Ask for at most as many replicas as there are brokers.',
  ),
  INVALID_REPLICA_ASSIGNMENT: final(
    39,
    'The replica assignment names unknown or repeated brokers, or does not fit the partitions.',
    'Correct the assignment.',
  ),
  INVALID_CONFIG: final(40, 'A config has an unknown name or a value that is not allowed.', 'Correct the config.'),
  NOT_CONTROLLER: passing(41, 'This node is not the active controller.', 'Find the active controller, then try again.'),
  INVALID_REQUEST: final(42, 'The request contradicts itself or breaks a rule of its API.', 'Correct the request.'),
  UNSUPPORTED_FOR_MESSAGE_FORMAT: final(
    43,
    'The stored record format cannot answer this request.',
    'Write the topic again in the current format.',
  ),
  POLICY_VIOLATION: final(
    44,
    'The request breaks a policy set up on the server.',
    'Correct the request, or the policy.',
  ),
  OUT_OF_ORDER_SEQUENCE_NUMBER: final(
    45,
    'An earlier batch of this producer is missing.',
    'Abort the transaction, or begin with a new producer epoch.',
  ),
  DUPLICATE_SEQUENCE_NUMBER: final(46, 'The batch was written before.', 'Count it as written.'),
  INVALID_PRODUCER_EPOCH: final(47, 'The producer epoch is older than the current one.', 'Abort, then begin anew.'),
  INVALID_TXN_STATE: final(48, 'The transaction is not in a state that allows this.', 'Abort, then begin anew.'),
  INVALID_PRODUCER_ID_MAPPING: final(
    49,
    'The producer id does not belong to this transactional id.',
    'Initialize the producer again.',
  ),
  INVALID_TRANSACTION_TIMEOUT: final(
    50,
    'The transaction timeout exceeds transaction.max.timeout.ms.',
    'Choose a shorter one, or raise the limit.',
  ),
  CONCURRENT_TRANSACTIONS: passing(51, 'The previous transaction of this id is still being completed.', WAIT),
  TRANSACTION_COORDINATOR_FENCED: final(
    52,
    'A newer transaction coordinator has taken over.',
    'Stop: it goes on there.',
  ),
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: final(53, 'The principal may not use the transactional id.', CHECK_ACLS),
  SECURITY_DISABLED: final(54, 'No authorizer is set up.', 'Set authorizer.class.name on every node.'),
  OPERATION_NOT_ATTEMPTED: final(
    55,
    'Nothing was tried, because another part of the request failed.',
    'Correct the part that failed, then send all again.',
  ),
  KAFKA_STORAGE_ERROR: passing(
    56,
    'The disk of this partition failed.',
    'Refresh metadata, then try again; look into the server’s log for the disk.',
  ),
  LOG_DIR_NOT_FOUND: final(57, 'The directory is not one of log.dirs.', 'Name one of log.dirs of that broker.'),
  SASL_AUTHENTICATION_FAILED: final(58, 'The credentials were not accepted.', 'Correct the credentials.'),
  UNKNOWN_PRODUCER_ID: final(59, 'Nothing is known of this producer id any more.', 'Begin with a new producer epoch.'),
  REASSIGNMENT_IN_PROGRESS: final(60, 'The partition is being reassigned.', 'Wait until it is done, or cancel it.'),
  DELEGATION_TOKEN_AUTH_DISABLED: final(
    61,
    'Delegation tokens are not enabled.',
    'Set delegation.token.secret.key on every node.',
  ),
  DELEGATION_TOKEN_NOT_FOUND: final(62, 'There is no such delegation token.', 'Check the token id or HMAC.'),
  DELEGATION_TOKEN_OWNER_MISMATCH: final(
    63,
    'The principal is neither the owner nor a renewer of the token.',
    'Use the principal of its owner.',
  ),
  DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: final(
    64,
    'The connection may not ask for tokens: it is not authenticated, or only by a token.',
    'Authenticate by SASL or by a TLS client certificate.',
  ),
  DELEGATION_TOKEN_AUTHORIZATION_FAILED: final(65, 'The principal may not do this with the token.', CHECK_ACLS),
  DELEGATION_TOKEN_EXPIRED: final(66, 'The token is past its time.', 'Create a new one.'),
  INVALID_PRINCIPAL_TYPE: final(67, 'The kind of principal is not known.', 'Use User.'),
  NON_EMPTY_GROUP: final(68, 'The group still has members.', 'Stop its members first.'),
  GROUP_ID_NOT_FOUND: final(69, 'There is no group of this id and kind.', 'Check the group id.'),
  FETCH_SESSION_ID_NOT_FOUND: passing(70, 'The fetch session is gone.', 'Begin a new session with a full fetch.'),
  INVALID_FETCH_SESSION_EPOCH: passing(
    71,
    'The fetch session and the request disagree about what came before.',
    'Begin a new session with a full fetch.',
  ),
  LISTENER_NOT_FOUND: passing(
    72,
    'The leader has no listener of the name this request came through.',
    'Refresh metadata; when it stays, give all brokers the same listener names.',
  ),
  TOPIC_DELETION_DISABLED: final(73, 'Deleting topics is switched off.', 'Set delete.topic.enable=true.'),
  FENCED_LEADER_EPOCH: passing(74, 'The leader epoch of the request is outdated.', REFRESH),
  UNKNOWN_LEADER_EPOCH: passing(75, 'The leader epoch of the request is newer than this node knows.', WAIT),
  UNSUPPORTED_COMPRESSION_TYPE: final(
    76,
    'The version of the request cannot carry this compression.',
    'Use a newer client, or another compression.',
  ),
  STALE_BROKER_EPOCH: final(77, 'The broker has registered again since.', 'Use the epoch of the new registration.'),
  OFFSET_NOT_AVAILABLE: passing(78, 'A new leader does not yet know how far its log is committed.', WAIT),
  MEMBER_ID_REQUIRED: final(79, 'A new member must join with the id just handed to it.', 'Join again with that id.'),
  PREFERRED_LEADER_NOT_AVAILABLE: passing(80, 'The preferred leader is not alive or not in sync.', REFRESH),
  GROUP_MAX_SIZE_REACHED: final(81, 'The group has as many members as it may have.', 'Raise group.max.size.'),
  FENCED_INSTANCE_ID: final(
    82,
    'Another member has joined under the same group.instance.id.',
    'Give every instance an id of its own, and stop this one.',
  ),
  ELIGIBLE_LEADERS_NOT_AVAILABLE: passing(83, 'No replica that could lead the partition is alive.', REFRESH),
  ELECTION_NOT_NEEDED: passing(84, 'The partition already has the leader asked for.', 'Nothing.'),
  NO_REASSIGNMENT_IN_PROGRESS: final(85, 'The partition is not being reassigned.', 'Nothing.'),
  GROUP_SUBSCRIBED_TO_TOPIC: final(86, 'The group is subscribed to the topic.', 'Stop its members first.'),
  INVALID_RECORD: final(
    87,
    'A record breaks a rule of its topic or of the format.',
    'Correct the record: a compacted topic, for one, needs keys.',
  ),
  UNSTABLE_OFFSET_COMMIT: passing(88, 'A transaction is about to change the offsets asked for.', WAIT),
  THROTTLING_QUOTA_EXCEEDED: passing(89, 'The quota of the client is used up.', 'Wait for the throttle time.'),
  PRODUCER_FENCED: final(
    90,
    'A newer producer uses the same transactional id.',
    'Stop this one; give every producer a transactional id of its own.',
  ),
  RESOURCE_NOT_FOUND: final(91, 'What the request names does not exist.', 'Check the name.'),
  DUPLICATE_RESOURCE: final(92, 'The request names the same thing twice.', 'Name it once.'),
  UNACCEPTABLE_CREDENTIAL: final(93, 'The credential does not meet the rules.', 'Choose one that does.'),
  INCONSISTENT_VOTER_SET: final(
    94,
    'Sender and receiver disagree about who votes in the metadata quorum.',
    'Check the voters in the configs of all controllers.',
  ),
  INVALID_UPDATE_VERSION: final(95, 'The version to update to is not allowed.', 'Choose a supported version.'),
  FEATURE_UPDATE_FAILED: final(96, 'The feature level could not be changed.', 'Look into the controller’s log.'),
  PRINCIPAL_DESERIALIZATION_FAILURE: final(
    97,
    'The principal of a forwarded request could not be read.',
    'Use the same principal builder on all nodes.',
  ),
  SNAPSHOT_NOT_FOUND: final(98, 'There is no such snapshot.', 'Fetch from the leader again.'),
  POSITION_OUT_OF_RANGE: final(99, 'The position is not inside the snapshot.', 'Begin the snapshot anew.'),
  UNKNOWN_TOPIC_ID: passing(100, 'This node knows no topic of this id.', REFRESH),
  DUPLICATE_BROKER_REGISTRATION: final(
    101,
    'A live broker has registered under this id.',
    'Give every broker an id of its own, or wait until the session of the old one ends.',
  ),
  BROKER_ID_NOT_REGISTERED: final(102, 'No broker is registered under this id.', 'Check the broker id.'),
  INCONSISTENT_TOPIC_ID: passing(103, 'The topic was deleted and created again under its name.', REFRESH),
  INCONSISTENT_CLUSTER_ID: final(
    104,
    'The request is meant for another cluster.',
    'Check addresses and the cluster id in meta.properties.',
  ),
  TRANSACTIONAL_ID_NOT_FOUND: final(105, 'There is no such transactional id.', 'Check the transactional id.'),
  FETCH_SESSION_TOPIC_ID_ERROR: passing(
    106,
    'A fetch session cannot change between topic names and topic ids.',
    'Begin a new session with a full fetch.',
  ),
  INELIGIBLE_REPLICA: final(
    107,
    'A replica proposed as in sync is fenced, shutting down or outdated.',
    'Propose in-sync replicas again without it.',
  ),
  NEW_LEADER_ELECTED: final(108, 'The change was made, and moved the leader elsewhere.', 'Wait for the new metadata.'),
  OFFSET_MOVED_TO_TIERED_STORAGE: final(
    109,
    'The offset is in remote storage only.',
    'As a follower, rebuild the state there and fetch from the local log.',
  ),
  FENCED_MEMBER_EPOCH: final(
    110,
    'The coordinator has given this member up.',
    'Let go of all partitions, then join with epoch 0.',
  ),
  UNRELEASED_INSTANCE_ID: final(
    111,
    'Another member still holds this group.instance.id.',
    'Stop that one first, or give every instance an id of its own.',
  ),
  UNSUPPORTED_ASSIGNOR: final(112, 'The group does not know this assignor.', 'Use one of group.consumer.assignors.'),
  STALE_MEMBER_EPOCH: final(113, 'The member epoch is outdated.', 'Take the new one from a heartbeat, then try again.'),
  MISMATCHED_ENDPOINT_TYPE: final(
    114,
    'The request went to a broker but was meant for a controller, or the other way round.',
    'Connect to an address of the kind asked for.',
  ),
  UNSUPPORTED_ENDPOINT_TYPE: final(115, 'This kind of address is not served.', 'Ask for brokers or controllers.'),
  UNKNOWN_CONTROLLER_ID: final(116, 'No controller has this id.', 'Check the controller id.'),
  UNKNOWN_SUBSCRIPTION_ID: final(117, 'The telemetry subscription has changed.', 'Ask for the new one.'),
  TELEMETRY_TOO_LARGE: final(118, 'The telemetry exceeds telemetry.max.bytes.', 'Send less.'),
  INVALID_REGISTRATION: final(119, 'The controller does not accept the registration.', 'Look into its log.'),
  TRANSACTION_ABORTABLE: final(120, 'The transaction cannot be finished.', 'Abort it; the producer stays usable.'),
  INVALID_RECORD_STATE: final(
    121,
    'The record is no longer held by this share consumer.',
    'Nothing: it is delivered again, or was already.',
  ),
  SHARE_SESSION_NOT_FOUND: passing(122, 'The share session is gone.', 'Begin a new session.'),
  INVALID_SHARE_SESSION_EPOCH: passing(
    123,
    'The share session and the request disagree about what came before.',
    'Begin a new session.',
  ),
  FENCED_STATE_EPOCH: final(124, 'The share group’s state has moved to a newer epoch.', 'Read the state again.'),
  INVALID_VOTER_KEY: final(125, 'The voter’s directory id is not that of the receiver.', 'Check id and directory id.'),
  DUPLICATE_VOTER: final(126, 'It is a voter already.', 'Nothing.'),
  VOTER_NOT_FOUND: final(127, 'It is not a voter.', 'Check id and directory id.'),
  INVALID_REGULAR_EXPRESSION: final(128, 'The regular expression cannot be read.', 'Use the syntax of RE2.'),
  REBOOTSTRAP_REQUIRED: final(
    129,
    'What the client knows of the cluster is outdated.',
    'Connect to bootstrap.servers anew.',
  ),
  STREAMS_INVALID_TOPOLOGY: final(130, 'The topology is not valid.', 'Correct the topology.'),
  STREAMS_INVALID_TOPOLOGY_EPOCH: final(131, 'The topology epoch is not valid.', 'Correct the topology epoch.'),
  STREAMS_TOPOLOGY_FENCED: final(132, 'The group runs a newer topology.', 'Update the application.'),
  SHARE_SESSION_LIMIT_REACHED: passing(133, 'The broker has as many share sessions as it may have.', WAIT),
} satisfies Readonly<Record<string, ProtocolErrorEntry>>

const names = Object.keys(protocolErrors) as readonly ProtocolError[]
const nameByCode = new Map(names.map((name) => [protocolErrors[name].code, name]))

export function errorCode(name: ProtocolError): number {
  return protocolErrors[name].code
}

/** Of a code this table lacks: UNKNOWN_SERVER_ERROR. */
export function errorName(code: number): ProtocolError {
  return nameByCode.get(code) ?? 'UNKNOWN_SERVER_ERROR'
}

export function isRetriable(name: ProtocolError): boolean {
  return protocolErrors[name].isRetriable
}

export function errorMessage(name: ProtocolError): string {
  return protocolErrors[name].message
}

export function errorAdvice(name: ProtocolError): string {
  return protocolErrors[name].advice
}
