/**
 * A partition of `__consumer_offsets` as Apache Kafka 4.3.1 wrote it, gzipped: consumers of both protocols, a regular
 * expression, a static member that is away, a group that changed its protocol twice, committed and aborted offsets,
 * deletions.
 */
import { gunzipSync } from 'node:zlib'

export function goldenApacheLog(): Buffer {
  return gunzipSync(Buffer.from(gzipped, 'base64'))
}

const gzipped =
  'H4sIAAAAAAACA71Ya2wUVRT+7szsdi3rdi2mqRW0IYgVHexut4/VUlse0pZiDFZLkYftPmqh7Up3LVWBIIpptGrQRnxhigE1VcGYmBJUwg+iGD' +
  'Fg4itG4+On4iMGUxMjK3N27szdmXa3i8GbtKfTueec7zzvmQvwxca139KBh6si9KwAbG/S03ec06SxdA7HAQagHg4oXX2RzSha1Ko2xWO3x1sX' +
  'd7eGGypvXdwcWz3Y1antvSQU64vHeiKqRu/tjfTPuN7nr15QvqB8gU+WEz454WdQnv4eDAyoAyQv5JTcOaRMYnDNnjsRv7t7xxiOMUCpR15mxY' +
  'OAzPq+++iK7UtvfOznsv2bPzvkVri1mkh8e0vNoje2Nbft2+7d9V7Vtsdl4W0d4PTCacWQ8kbvN3hCAlz1cGXGcJSlOOl3ZjQMFyv6VvqZEhzD' +
  'RTLfxIz4OQD2AOmqnLtwrhjCre9yag/hdk1AKZhuhZTwaRJawZFB28x0/jcZvFYToEmQrBJYrhIUqwTkKsEpSvBnwWD1LUlwWSUgFwn6ygfwHo' +
  'Xh7PzqL1Nh19l+4NQWBqWFCilLLjG0AFLWtKdtStayZJhPGa5XmYdD1Zf2vIrsaC+uGDKaxN6kZ3cbpzY7mGaHFxKUrlhPuJyLS+0gnhoIqwBg' +
  'QdKxa3nfb6KO517m1K5jWBGV/CpDhot3FaolR39HX1cEldaWo1ZFqoOdgWCHGqkIdqiBUDSq1vh9HWpFtCZUVRXprIkGfCm9z84mSecnIpmE18' +
  'qIfLPfUZ/DweMAislFTMt5bqJh7BXmOyEy1CoEd8ALYIKc2FC47zDvNpoRY6s5tTlRFuo+1hPOXPdj7Vnq3pTAcpWgWCUgFwn6mgngLjJcnnhk' +
  'i5hHY1s5tefRGjGN6i1ZJJk5O7ZFzNlLAbxOuhqvnRjlIWF7kwWbHJzadEmPau6uhQNS/yCKfDWqGmhvaF/Zo/rDHYG+zorBtmWbF9HOkHAwMm' +
  'fiTp9/rXkuhgGpFq5MUmYZWUInBV9FALaSghPB+65Lgz2LUzvs1QBKNCf1D8JBWAKAflzrXrxI55aAGwDJDVnbPcmZra9igFETkD64KbZBSNeC' +
  'TY9wak/Xoyn/5WWy/L8d9ynwznTwOqCdeFQClCyeF456dmGP+ssBHCdddU9OPCkc9QX3q5zaj/pGcmFGExgaKcPysm5SsiQzwzzAmZ479D+Xni' +
  'HW86YUYGvJpo1frlFEm7bkcWq3yayreAJFdy8PVfZFfPHb+qsGo5Hoqqb1kejNWl3J3b70ypLkhE+YN43MjSfM4O955/Dn/e7lZzDMyN68TEqW' +
  'aDwZk4+0OCnFRC2GjUe0CYTiM7WWAWGYlHLKMDN5rgLwFAkoffGTsNAsC3a+xKm9WR5hPHsyoksmk2enj8789jD+mgegjQSU7Tj5mIhuqIRTO7' +
  'pmGlgkyL3dXfapo2CoWFR2NcBmkIot+6N5aSqe4dSu4i1Z0DEy5dAxL6QGKwOBaKCqQu0M+jrVQDgSUIMdQZ8aDEf9Vf5KX3lHdYWup4xYp8mT' +
  'TIKFLtwcUQbIqWHM9fYXqVNkRgrmyExObW5xlwheYfhKAqR1cNDjdO06zWwHn1ieq5hmo+wk/142pZ0zQ7HYPZH+jkT3QESNJ7pDG++bnWa4Yn' +
  'NMLaB4IBPYObzfmmWvfd061yEvJ2Om0wfKAJcHTpLr4W++Z0D+Orhy0jZgyGXTqzjGf841myEGuOt4sIrCsXBrSzS+YWV720Dz0vtbGgPLGlo2' +
  '12WMDSMnetKdmNY7X2GAN1cn1k7iRDFvtwGFdVzmFMADk8jg3bAWuJQHwNqJRwoRBYrqeCSmED/L7MSSMGYFAND1ibTz/R0/ib1lpIlTe2+J0n' +
  'XDdBVKosJKgDXRmwe/PnxMnOtGhjm1z3VaneJ/rlPtOac61RmAU4y6Sm6lERWGsamTSZ+vWPqwXH2uTz5E7D+vX3hcjOKrn3Nqj+Iom0YY7zDD' +
  'OEV+MjgsJ7Y2Lm8itlWnf1wowhlfwakdzjZq/SyFJtO3VcH4igzfVkFAWkrK/3jwiYfpX/rIP/4cpzbl+Rsov3KLGEOzNtFmcSDDBkDJtaOQbG' +
  'e2nsFQIrRm0pSfa5WQpqxtlTR5PFB0TSWAl3dRhtdkoJCfqsPWWUM6r1ljfPgCzhpGqZaklbJkvjPnjMXG+DXn1MApMZsPXcNpruOXfF4uOXTZ' +
  'hXWJlMv4tQTAeuI6smddk+iWD0c5tbtlteAV6xWGYg7AH46KA/BS47pk0ccv1NMFkq7qF69JLYuuS6ifJAaNfuI3+kk+yetNsZ/uMdhuBpC62H' +
  'jrxIt3odzU9UehSS15wkoB7TwGc6eDWGYgd7eW3iYiPzNkUstHxWTImYl8hohcYG80kD+/++CVIvI/T5rUDHU6cliQNxnIez+9c4mIfKLBpFxa' +
  'BuSSidwtIp+oN9ibDeR/74n9ICL/a6VJ+dVKNp8v1/0O6ZP8k/vFxPznKKf2xJw/SbYYJ1qLcbc8d/SN38U7oKSTU/sdUDGZTDc0TLtGktxQjA' +
  'dFv1Zg+BfQ/nHi0hoAAA=='
