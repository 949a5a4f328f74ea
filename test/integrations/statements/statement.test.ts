import { generateKeyPairSync, verify } from 'node:crypto'
import { dsse } from '@sigstore/core'
import { expect, test } from 'vitest'
import { foldTask } from '../../../main/core/task/transition.ts'
import { openEnvelope, payloadType, signEnvelope } from '../../../main/integrations/statements/envelope.ts'
import { statementOf, statementSchema } from '../../../main/integrations/statements/statement.ts'
import { commandLimit, mostCommands } from '../../../main/worker/read-commands.ts'
import { eventsOfGoodTask } from '../../support/tasks.ts'

const own = generateKeyPairSync('ed25519')
const other = generateKeyPairSync('ed25519')
const task = foldTask(eventsOfGoodTask('/repo'), '/home')
const told = { commands: [{ command: 'npm test', exitStatus: 0 }], earlier: 0 }
const facts = { task, repository: null, network: null, told, unusual: null, version: '1.2.3' }

test('a statement names the commit, what it came from, and the text by its hash alone', () => {
  const statement = statementOf(facts)
  expect(statementSchema.parse(statement)).toEqual(statement)
  expect(statement).toMatchObject({
    subject: [{ name: 'refs/heads/main', digest: { gitCommit: '2'.repeat(40) } }],
    predicate: {
      buildDefinition: { resolvedDependencies: [{ digest: { gitCommit: '1'.repeat(40) } }] },
      runDetails: { metadata: { invocationId: task.id }, network: null },
    },
  })
  expect(JSON.stringify(statement)).not.toContain(task.description)
  expect(statementOf({ ...facts, task: { ...task, merge: null } })).toBe(null)
})

test("a check of what landed is told as ours, and one in the agent's machine as no more than that", () => {
  const check = { exitCode: 0, output: 'fine' }
  const mergePolicy = { kind: 'check', command: 'npm test' } as const
  const merge =
    task.merge?.kind === 'merged'
      ? { ...task.merge, check: { ...check, command: 'true', commit: '2'.repeat(40), image: 'cafe' } }
      : null
  const result = task.result && { ...task.result, check: { exitCode: 1, output: '' } }
  const statement = statementOf({ ...facts, task: { ...task, mergePolicy, merge, result } })
  const details = statement?.predicate.runDetails
  expect(details).toMatchObject({
    landingCheck: { command: 'true', exitCode: 0, guestImage: 'cafe' },
    saidInTheAgentsMachine: { check: { command: 'npm test', exitCode: 1 } },
  })
  expect(statementSchema.parse(statement)).toEqual(statement)
  expect(JSON.stringify(details)).not.toContain('fine')
})

test("the guest image is named, and commands are what the agent's program reported, where that could be read", () => {
  const predicate = statementOf({
    ...facts,
    told: { ...told, earlier: 3 },
    task: { ...task, guestImage: 'cafe' },
  })?.predicate
  expect(predicate?.buildDefinition.internalParameters.guestImage).toBe('cafe')
  expect(predicate?.runDetails.saidInTheAgentsMachine).toEqual({
    ...{ commands: [{ command: 'npm test', exitStatus: 0 }], earlierCommands: 3 },
  })
  expect(statementOf({ ...facts, told: null })?.predicate.runDetails.saidInTheAgentsMachine).toEqual({})
  // A record of an earlier version knows no image.
  expect(statementOf(facts)?.predicate.buildDefinition.internalParameters.guestImage).toBeNull()
})

test('files unlike those that were there are named', () => {
  const unusual = { files: ['tools/x.exe'], more: 2 }
  const statement = statementOf({ ...facts, unusual })
  expect(statement?.predicate.runDetails.unusualFiles).toEqual(unusual)
  expect(statementSchema.parse(statement)).toEqual(statement)
})

test('the longest report of commands has room in an envelope that can be read', () => {
  const longest = { command: `${'\u{1F600}'.repeat(commandLimit / 2)}…`, exitStatus: 255 }
  const most = statementOf({ ...facts, told: { commands: Array(mostCommands).fill(longest), earlier: 1e6 } })
  const envelope = JSON.stringify(signEnvelope(JSON.stringify(most), own.privateKey))
  expect(statementSchema.parse(JSON.parse(openEnvelope(envelope, [own.publicKey])?.payload ?? ''))).toEqual(most)
})

test('what the network log says is counted, and hosts are named once', () => {
  const at = '2026-01-02T03:04:05.000Z'
  const reached = { at, host: 'b.test', port: 443, verdict: 'reached' } as const
  const network = [
    reached,
    reached,
    { ...reached, host: 'a.test' },
    { at, host: 'c.test', port: 1, verdict: 'refused', reason: 'not-listed' } as const,
  ]
  expect(statementOf({ ...facts, network })?.predicate.runDetails).toMatchObject({
    network: { counts: { reached: 3, refused: 1 }, reached: ['a.test', 'b.test'] },
  })
})

test('an envelope is signed over what the library of sigstore says is signed', () => {
  const envelope = signEnvelope('{"a": "ä"}', own.privateKey)
  const signed = dsse.preAuthEncoding(payloadType, Buffer.from('{"a": "ä"}'))
  const [signature] = envelope.signatures
  expect(verify(null, signed, own.publicKey, Buffer.from(signature?.sig ?? '', 'base64'))).toBe(true)
  expect(openEnvelope(JSON.stringify(envelope), [other.publicKey, own.publicKey])).toMatchObject({
    payload: '{"a": "ä"}',
  })
})

test.for([
  ['no JSON', 'nonsense'],
  ['no envelope', '{"payload": 7}'],
  ['another type', JSON.stringify({ ...signEnvelope('{}', own.privateKey), payloadType: 'text/plain' })],
  [
    'another payload',
    JSON.stringify({ ...signEnvelope('{}', own.privateKey), payload: Buffer.from('{ }').toString('base64') }),
  ],
  [
    'another key under the name of the trusted one',
    JSON.stringify({
      ...signEnvelope('{}', other.privateKey),
      signatures: [
        {
          ...signEnvelope('{}', other.privateKey).signatures[0],
          keyid: signEnvelope('{}', own.privateKey).signatures[0]?.keyid,
        },
      ],
    }),
  ],
  ['no signature', JSON.stringify({ ...signEnvelope('{}', own.privateKey), signatures: [] })],
])('%s opens nothing', ([, text]) => {
  expect(openEnvelope(text ?? '', [own.publicKey])).toBe(null)
})
