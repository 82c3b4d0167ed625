/** What the project calls itself, and what it is compatible with. A test holds the first against package.json. */
export const version = '0.1.0'
/** Of the Apache Kafka whose protocol, files and configs these are. */
export const kafkaVersion = '4.3.1'
