/**
 * A partition of `__transaction_state` as Apache Kafka 4.3.1 wrote it, gzipped, from offset 65,536 or so on: what was
 * before is one transactional id whose epochs were used up. With `transaction.version` 2, then 1, then 0: commits,
 * aborts, aborts of nothing, an id that runs out of epochs, fenced producers, timeouts, expired ids.
 */
import { gunzipSync } from 'node:zlib'

export function goldenApacheLog(): Buffer {
  return gunzipSync(Buffer.from(gzipped, 'base64'))
}

const gzipped =
  'H4sIAAAAAAACA6WZe2xURRSHz72725YFCrQIBVQQAXnbIq8EJUY0xgeQaBXwQZttd4FaurDdllJoIViIQkAkSCiIoVBRQyRBMTyCUCiisVWJEhGLCl' +
  'heDYHAXyiPys7tmZkzc/dxsf/82m1nvm9nztx79hYg8tX6LwCURr4zq042fQltX0ZN68t11Zit5Cvy62UGAGQAQEqw1B8KFAbn+cDAwYvuALTk8mnW' +
  '40ATUvBPTBPMtm9bb979eQl7cULZ+snE4CymbvCRZlCuGhimGXZF/lae8gxmFJtbALCSvXjwxIYmYnMbU7fZpdmsMiSd1oiOaadzC3VcQsfA7wxZ7D' +
  'bfqOSKJ4/LYodaMJ1tFMuWXLfRNtyIszR3AKCSvbg7+Mp42eDwLEzdYJ1mEFINDNMsiVBMbTphQtailZvczNzyIzEJYjo1MSImLtUkGNPEGm3tysdP' +
  'bx9FTMoxne4KM/EYCRpExhUxgyXBvuOIwWpM3aAMANIAwOOfPSc8/zVON60dEVPgIIPTOTnyTTF75da6/e8R8teYOnmxQdA+CW1tgaHOId64Kb9xF8' +
  'c/8cYL3xL8QUzneL7uB+Lg3QBQyF49fSB3I8Efw9TxYQBIBQBXuHSEWHWXsurH9FV3IdcDABWM29Khz0XCbcLUuWsNCVyugvFKadrOJhbAJS9AEgAs' +
  'YyL7CuqricifmLrINllkuaGZuGQT6zAa6rTRjJK50czAkceJUTOmEyNWEGYso+Y4RpEX57BxGcfH/CQb1ffH1I0WSkI+1Qcv14fPxWG34+wPOq3fR9' +
  'gBzMTZplygYmAUthcAgow9ddL5TYQ9C1NnlwNA17t7mBTwF+X588X5cNPzUT9TPx9uRLcHgIUMPfh8618EHcTU0WsMyg6p7MgRkbdeTCaWwC0vQQfu' +
  'cW7cqkLiUYHpzAPvUNRjYRyPjgAQZh7T+k35hXhswtQ9ligePtUDr5P1lXH4qZxf9mAduUzU78B0xqeluEMvRcLvBABzGX/spV93Ef4XmDq/Em/Q4V' +
  'mz/cGSsHSx9ohbPx0titGD8M68USmoG+om8COYsRoVpIdUulaOfDqxDB55Gbpwk9Fn0ifIJg01mE5NGFwtyIbNcUzSeMt0oSajJzHZixmrZUITn2qC' +
  'JdlQG8cgnd+6DzfnPUcMjmLGuHUHC6VLUxK9NImBohqSkBup5xKLm5RDGqaGHzB1bpUhgQtUMBYCn+l7TBuB+wCAcU1X6hRyTWo4hakL7JEFPjQ0Ax' +
  'capOfk5AWLiktm+0M5wUCg2B8uJmpNMdS6cbXuGc/4ZLVGN6ZjNTNRtUYjhlp3Xi4bjlwjn7wad2E6LBe8iTcOicHN4J392p3jyW41HseM0dmPCBYV' +
  'Sp19Mi1UMVSQk5Hcg7/jpts1IYmc7b6AGbO3zRLcFMKVBgpuCnJ78gNS4/vuZ5nrCWHGOiDh0qwCFawcEGkmG4FevLm+vnPARCJQihm7uc4q1wR4EV' +
  'rNozajncj9XMSX9Mk1IlKG6VTEjCZSFkPkAV4KvgH/pBORZZgOS6Gt+LM982NwH+SlUDWptiPhrsK811IwtJlsBHpzgS75g/YQgQ2YDgTsmjcxk51A' +
  'H77yV6e/PooI7MdMfOXlpi3bszEG9yHO3VKb1o1wL2EmzpWbNWmgDbcvX/Dg6c/3Eu5lzCgLHimW9uHSrGFtvYEQaEeaNWkGIdAOBR7mZ65rdfV0In' +
  'AVM8qZUwUKVAGt9K5g2oj04yLlcw1S+96XMO9BxK5dy/ZOiiHSn2/JjW+GzyciUzHvYUvkbo2/JVuBAfwz7IRBC54lAu9g2n+GjRRucoRf5J8n2F56' +
  'MxKDBduL7Ef4Lrz1x29rCHs5ZpRdkOEhFY6lYOJs72KKdtUrt6sDuciw5onZRGQFpkMRcjUy1dmiiQwS1+Trvckl0bsNM0o5yCI+VYSXQjyBwQCQzw' +
  'Te/33wLFnANw1TF8gXl6bM53EQe04QKQXrr+hY5A3hjzHO9HnqJOHlYto/xkBersozrIe2YfGPADZNjkgLPRQAFjB03cjSCwSdh6mjV0u3n8xSO7Yp' +
  's40SRSNP1RjGNfLurPiUaAQwnWqYcTUCqsZwvvGVb665STQqMB1uvFuaY4bKe5Rv/MDdcIPwFmP+v41vK3nfIpEWOpOjt381hPTAvirMxNHWQbdHV6' +
  'noLL7K/uCVTIJeiZn4KltHW5pjqcobwXmfTQyfJbwazMR5pnqcN6vH+THe2VwcOg8IbyumfWfTdjfLxLuZ4HZom1viblW5IwGgzLpu9lhKD1Etps5d' +
  'btiAc1VwlLKqFWk5jOIOqW8XrJYdZpzAvAcHq6ewdcB5hcNovv5Lg9sPEYdTmM7X3+om9PcjuGMAYKb1FP7S+JmE+zemzi3E21bIHygp9ucLZkft1j' +
  'HjrLrnY+9eBjuzZ5G9Jr94FHfMqGl9deNlTI3ZsQ996smaYlOWYJ+R3fhcgX1MShKf9lnrmEKekrEBXuzM2YAO4t9f7LepeJrYT53x6T+bLI38l5L5' +
  'dJXv5eye3E3dHvZqhtoCGvAfmG7VxHQgAAA='
