/** Keys and values from and to bytes. This file is the package’s public interface. */
export { json } from './json.ts'
export { boolean, float32, float64, int16, int32, int64, int64Big } from './numbers.ts'
export { bytes, nothing } from './plain.ts'
export { type Deserializer, type Serde, type SerdeContext, SerdeError, type Serializer } from './serde.ts'
export type { StandardSchema, Validation } from './standard-schema.ts'
export { string, uuid } from './text.ts'
export { type Topic, topic } from './topic.ts'
