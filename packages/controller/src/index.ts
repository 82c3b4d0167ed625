/** The pure machine that decides about topics, brokers, partitions and configs. The package’s public interface. */
export { ControllerMachine } from './controller-machine.ts'
export type { ControllerEvent, ControllerReply, ControllerRequestEvent } from './controller-machine.ts'
export { matchesFilter } from './acl-filter.ts'
export type { AclFilter } from './acl-filter.ts'
export type { ApiProblem } from './api-problem.ts'
export type {
  AlteredConfig,
  AuthorizedResource,
  ControllerEffect,
  ControllerOptions,
  NewTopic,
  Operation,
  RequestContext,
} from './controller-options.ts'
export { controllerHandlers } from './handlers.ts'
export { topicNameProblem } from './topic-name.ts'
export type { ProvenRecord } from './proven-record.ts'
export { bytesFromReply, eventFromRequest, isServed, servedVersions } from './controller-requests.ts'
export { type UsableBroker, placeReplicas } from './placement.ts'
