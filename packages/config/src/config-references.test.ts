import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resolveReferences } from './config-references.ts'

const readers = {
  environment: (name: string) => ({ USER: 'ann', HOST: 'h' })[name],
  file: (path: string) => ({ '/etc/app.properties': 'a=1\nb=${env:USER}\n', '/run/secrets/token': 't0ken' })[path],
}

const resolve = (record: Readonly<Record<string, string>>) =>
  resolveReferences(new Map(Object.entries(record)), readers)

describe('resolveReferences', () => {
  it('reads variables, keys of a file and files of a directory', () => {
    const { properties, problems, warnings } = resolve({
      'config.providers': 'env, file,directory',
      x: 'hello ${env:USER} at ${env:HOST}',
      y: '${file:/etc/app.properties:a}',
      z: '${directory:/run/secrets:token}',
    })
    assert.deepEqual([properties.get('x'), properties.get('y'), properties.get('z')], ['hello ann at h', '1', 't0ken'])
    assert.deepEqual([problems, warnings], [[], []])
  })

  it("knows Kafka's providers by their class, under any name", () => {
    const { properties } = resolve({
      'config.providers': 'mine',
      'config.providers.mine.class': 'org.apache.kafka.common.config.provider.FileConfigProvider',
      x: '${mine:/etc/app.properties:a}',
    })
    assert.equal(properties.get('x'), '1')
  })

  it('does not look into what it put in', () => {
    const { properties } = resolve({ 'config.providers': 'env,file', x: '${file:/etc/app.properties:b}' })
    assert.equal(properties.get('x'), '${env:USER}')
  })

  it('leaves what it does not find, and says so', () => {
    const { properties, warnings } = resolve({
      'config.providers': 'file',
      a: '${file:/etc/none:a}',
      b: '${file:/etc/app.properties:c}',
      c: '${env:USER}',
    })
    assert.deepEqual([...properties.values()].slice(1), [
      '${file:/etc/none:a}',
      '${file:/etc/app.properties:c}',
      '${env:USER}',
    ])
    assert.deepEqual(warnings, [
      'a: ${file:/etc/none:a} was not found and is taken literally',
      'b: ${file:/etc/app.properties:c} was not found and is taken literally',
      'c: ${env:USER} is taken literally, because config.providers does not name env',
    ])
  })

  it('keeps to the variables and paths that are allowed', () => {
    const { properties, warnings } = resolve({
      'config.providers': 'env,file,directory',
      'config.providers.env.param.allowlist.pattern': 'U.*',
      'config.providers.file.param.allowed.paths': '/etc,/opt',
      'config.providers.directory.param.allowed.paths': '/opt',
      a: '${env:USER}${env:HOST}',
      b: '${file:/etc/app.properties:a}',
      c: '${file:/etc/../etc/app.properties:a}',
      d: '${directory:/run/secrets:token}',
      e: '${directory:/opt:../run/secrets/token}',
    })
    assert.equal(properties.get('a'), 'ann${env:HOST}')
    assert.equal(properties.get('b'), '1')
    assert.equal(warnings.length, 4)
  })

  it('refuses a class that does not exist here and a pattern that is none', () => {
    const { problems } = resolve({
      'config.providers': 'a,b,env',
      'config.providers.a.class': 'com.example.Vault',
      'config.providers.env.param.allowlist.pattern': '(',
    })
    assert.deepEqual(
      problems.map(({ key }) => key),
      ['config.providers.a.class', 'config.providers', 'config.providers.env.param.allowlist.pattern'],
    )
  })
})
