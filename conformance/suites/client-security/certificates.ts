/** Certificates for one run, made by openssl: an authority, a server for localhost, a client, and a stranger's authority. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { runWell } from '../../harness/process.ts'

export interface Certificates {
  readonly authority: string
  readonly strangersAuthority: string
  /** Key and chain in one PEM file. */
  readonly serverStore: string
  readonly clientStore: string
  readonly clientArchive: string
  readonly archivePassword: string
}

const archivePassword = 'archive-secret'

export async function makeCertificates(directory: string): Promise<Certificates> {
  const at = (name: string): string => join(directory, name)
  const openssl = (...given: readonly string[]): Promise<string> => runWell('openssl', given)
  for (const name of ['authority', 'stranger']) {
    const files = ['-keyout', at(`${name}.key`), '-out', at(`${name}.pem`)]
    await openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`, ...files)
  }
  writeFileSync(at('server.ext'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n')
  writeFileSync(at('client.ext'), 'subjectAltName=DNS:client\n')
  for (const name of ['server', 'client']) {
    const request = ['-keyout', at(`${name}.key`), '-out', at(`${name}.csr`), '-subj', `/CN=${name}`]
    await openssl('req', '-newkey', 'rsa:2048', '-nodes', ...request)
    const signer = ['-CA', at('authority.pem'), '-CAkey', at('authority.key'), '-CAcreateserial']
    const files = ['-in', at(`${name}.csr`), '-out', at(`${name}.pem`), '-extfile', at(`${name}.ext`)]
    await openssl('x509', '-req', '-days', '2', ...signer, ...files)
    const pem = ['key', 'pem'].map((kind) => readFileSync(at(`${name}.${kind}`), 'utf8')).join('')
    writeFileSync(at(`${name}-store.pem`), pem)
  }
  const archive = ['-inkey', at('client.key'), '-in', at('client.pem'), '-out', at('client.p12')]
  await openssl('pkcs12', '-export', ...archive, '-passout', `pass:${archivePassword}`)
  return {
    authority: at('authority.pem'),
    strangersAuthority: at('stranger.pem'),
    serverStore: at('server-store.pem'),
    clientStore: at('client-store.pem'),
    clientArchive: at('client.p12'),
    archivePassword,
  }
}
