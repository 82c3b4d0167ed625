/** What a node answers in ApiVersions, by kind of listener, without a node: for the reference. */
import { advertisedVersions, apiByKey } from '@gregor/protocol'
import { advertisedApis } from '../server/advertised-apis.ts'
import type { AdvertisedApi } from '../server/services.ts'
import { clientHandlers, controllerHandlers } from './index.ts'

/** The controller of the node itself answers all versions there are. */
const ownController = {
  versionsOf: (key: number) => {
    const api = apiByKey(key)
    return api === undefined ? undefined : advertisedVersions(api)
  },
}

export const servedApis: { readonly [listener in 'broker' | 'controller']: readonly AdvertisedApi[] } = {
  broker: advertisedApis(clientHandlers, ownController),
  controller: advertisedApis(controllerHandlers, ownController),
}
