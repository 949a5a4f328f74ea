import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { findDetached } from '../../main/lib/processes/find-processes.ts'
import { TaskModel } from '../support/faults/task-model.ts'
import { TaskWorld } from '../support/faults/task-world.ts'
import { gitIn } from '../support/git/repositories.ts'
import { drain, taskCommands } from '../support/task-commands.ts'

/** `npm run test:faults` asks for thousands. A difference is told with its seed: give it as MODEL_SEED to see it again. */
const steps = Number(process.env.MODEL_STEPS ?? 60)
const seed = Number(process.env.MODEL_SEED ?? 1)

test('whatever runs, ends, crashes, restarts, is cancelled or cleaned up in whatever order, the orchestrator is as a simple model says', {
  timeout: 4 * 3_600_000,
}, async () => {
  let taken = 0
  for (let run = 0; taken < steps; run++) {
    const sequence = fc.asyncProperty(taskCommands(40), async (commands) => {
      await using world = await TaskWorld.make()
      const model = new TaskModel()
      await fc.asyncModelRun(() => ({ model, real: world }), commands)
      await drain(model, world)
      expect(await gitIn(world.repo, ['fsck', '--connectivity-only', '--no-dangling'])).toBe('')
      expect(await gitIn(world.repo, ['status', '--porcelain', '--', '.', ':!.microvm'])).toBe('')
      expect(
        JSON.parse(await readFile(join(world.root, 'home', 'unfinished.json'), 'utf8').catch(() => '{"tasks":{}}')),
      ).toMatchObject({ tasks: {} })
      expect(await findDetached(`${world.root}/`)).toEqual([])
      taken += model.steps
    })
    await fc.assert(sequence, { seed: seed + run, numRuns: 1, endOnFailure: true })
  }
  console.log(`model: ${taken} steps, seeds from ${seed}, no difference`)
})
