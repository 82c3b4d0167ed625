/**
 * Builds the node’s two faces: the listeners of its clients, and those of its controller, each with the handlers that
 * belong there. The part of the assembly that knows ports.
 */
import type { ControllerGateway } from '@gregor/metadata'
import { clientHandlers, controllerHandlers } from './apis/index.ts'
import type { Foundation } from './assembly.ts'
import type { BrokerLifecycle } from './metadata/broker-lifecycle.ts'
import { ControllerCalls } from './metadata/controller-calls.ts'
import { registerController } from './metadata/controller-registration.ts'
import { advertisedApis } from './server/advertised-apis.ts'
import { Dispatcher } from './server/dispatch.ts'
import { intercepted } from './server/interceptor.ts'
import { Listeners, newConnectionResources } from './server/listeners.ts'
import type { RequestMetrics } from './server/request-metrics.ts'
import type { Services } from './server/services.ts'

export interface OpenedListeners {
  readonly clients: Listeners
  readonly clientDispatcher: Dispatcher
  readonly controllerDispatcher: Dispatcher
  /** None where the controller is only spoken to in-process. */
  readonly controllers: Listeners
}

/** Binds all ports. The controller answers from now on; what clients ask waits until their dispatcher opens. */
export async function openListeners(
  { environment, config, quotas, interceptor }: Foundation,
  services: Services,
  metrics: RequestMetrics,
): Promise<OpenedListeners> {
  const { broker, controller, advertised, advertisedController } = config.current.listeners
  const resources = newConnectionResources(config.current)
  const handlers = intercepted(clientHandlers, interceptor)
  const clientDispatcher = new Dispatcher({ handlers, services, metrics })
  const controllerDispatcher = new Dispatcher({
    handlers: controllerHandlers,
    services: {
      ...services,
      forwarder: services.forwarder.direct(),
      advertisedApis: () => advertisedApis(controllerHandlers, services.controller),
    },
    metrics,
  })
  const shared = { environment, config, quotas, resources }
  const clients = await Listeners.open({ ...shared, dispatcher: clientDispatcher, endpoints: broker, advertised })
  try {
    const controllers = await Listeners.open({
      ...shared,
      dispatcher: controllerDispatcher,
      endpoints: controller,
      advertised: controller.length === 0 ? [] : advertisedController,
    })
    controllerDispatcher.open()
    return { clients, clientDispatcher, controllers, controllerDispatcher }
  } catch (error) {
    await clients.close(0)
    throw error
  }
}

/** Makes this node known: where its controller listens, then its broker. */
export async function register(
  { environment, config, nodeId }: Foundation,
  { clients, controllers }: OpenedListeners,
  { controller, lifecycle }: { controller: ControllerGateway; lifecycle: BrokerLifecycle },
): Promise<void> {
  const { clock, random, logger } = environment
  const calls = new ControllerCalls(controller, clock)
  const timeoutMs = config.get('initial.broker.registration.timeout.ms')
  await registerController({ calls, nodeId, listeners: controllers.registered, random, logger, timeoutMs })
  await lifecycle.register(clients.registered)
}
