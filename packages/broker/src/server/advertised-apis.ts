/** What ApiVersions answers with: computed from the handlers that are there, never written down. */
import type { ControllerGateway } from '@gregor/metadata'
import { advertisedVersions } from '@gregor/protocol'
import type { AnyHandler } from './handler.ts'
import type { AdvertisedApi } from './services.ts'

/** Of what goes on to the controller only the versions that it answers, too. */
export function advertisedApis(
  handlers: readonly AnyHandler[],
  controller: Pick<ControllerGateway, 'versionsOf'>,
): readonly AdvertisedApi[] {
  return handlers.flatMap(({ api, isForwarded }) => {
    const own = advertisedVersions(api)
    const beyond = isForwarded === true ? controller.versionsOf(api.key) : own
    if (own === undefined || beyond === undefined) return []
    const [minVersion, maxVersion] = [Math.max(own.min, beyond.min), Math.min(own.max, beyond.max)]
    return maxVersion < minVersion ? [] : [{ apiKey: api.key, minVersion, maxVersion }]
  })
}
