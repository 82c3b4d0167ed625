/** `gregor/testing`: a Kafka node that a test controls. This file is the entry’s public interface. */
export type { DamageOptions, HoldingHook, HookOptions, RequestHook, RequestHooks } from './request-hooks.ts'
export type { MatchedRequest, RequestMatch } from './request-match.ts'
export type { Snapshot } from './snapshot.ts'
export { startTestKafka } from './start-test-kafka.ts'
export type { TestClock } from './test-clock.ts'
export type { GroupView, MemberView } from './test-groups.ts'
export type { StartTestKafkaOptions, TestKafka, TopicOptions, UntilOptions } from './test-kafka.ts'
export type { PlacedRecord, ReadOptions, ReadRecord, RecordToProduce } from './test-records.ts'
