import { generateKeyPairSync } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { foldTask } from '../../../main/core/task/transition.ts'
import { signEnvelope } from '../../../main/integrations/statements/envelope.ts'
import { readStatement } from '../../../main/integrations/statements/read-statement.ts'
import { statementOf } from '../../../main/integrations/statements/statement.ts'
import { statementPath } from '../../../main/integrations/statements/statement-path.ts'
import { ensureSigningKey } from '../../../main/settings/signing-key.ts'
import { eventsOfGoodTask } from '../../support/tasks.ts'
import { temporaryFolder } from '../../support/temporary.ts'

test("a statement counts where this home's key signed it and it is of the task and its very commit", async () => {
  const home = await temporaryFolder()
  const task = foldTask(eventsOfGoodTask('/repo'), home)
  const facts = { task, repository: null, network: null, told: null, unusual: null, version: '1.2.3' }
  const key = await ensureSigningKey(home)
  const write = async (text: string) => {
    await mkdir(dirname(statementPath(task)), { recursive: true })
    await writeFile(statementPath(task), text)
  }
  const signed = (of: typeof facts, by = key) => JSON.stringify(signEnvelope(JSON.stringify(statementOf(of)), by))
  const commit = '2'.repeat(40)
  expect(await readStatement(task)).toEqual({ kind: 'none' })
  await write(signed(facts))
  expect(await readStatement(task)).toEqual({ kind: 'good', commit, keyId: expect.stringMatching(/^[0-9a-f]{64}$/) })
  expect(await readStatement({ ...task, merge: null })).toEqual({ kind: 'none' })
  const other = task.merge?.kind === 'merged' ? { ...task.merge, to: '4'.repeat(40) } : null
  // It was merged once more, and what is to be said of that is not written yet.
  expect(await readStatement({ ...task, merge: other })).toEqual({ kind: 'none' })
  await write(signed(facts, generateKeyPairSync('ed25519').privateKey))
  expect(await readStatement(task)).toEqual({ kind: 'bad', commit })
  await write(signed({ ...facts, task: { ...task, id: 'ffffffff' as typeof task.id } }))
  expect(await readStatement(task)).toEqual({ kind: 'bad', commit })
  await write('{')
  expect(await readStatement(task)).toEqual({ kind: 'bad', commit })
})
