import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { placeScene } from '../support/fleet/placed.ts'
import { guestThatCommits, startOrchestrator, untilEnded } from '../support/orchestrator.ts'

test('what comes along of the user’s own Claude Code comes to a guest at a place', async () => {
  await using scene = await placeScene((root) =>
    guestThatCommits('greeting.txt', `tr '\\0' '|' <$SHARE/claude-files >${root}/came`),
  )
  const files = [
    { path: 'mcp-servers/a.json', text: '{}', executable: false },
    { path: 'skills/deploy@mine/scripts/run.sh', text: '#!/bin/sh', executable: true },
  ]
  await using home = await startOrchestrator({
    ...scene.setup,
    provisions: { claudeHome: { files, leftOut: [] } },
  })
  const id = await home.orchestrator.run({ description: 'Greet', repo: 'project', place: 'desk' })
  expect(await untilEnded(home.orchestrator, id)).toMatchObject({
    ...{ merge: { kind: 'merged' }, notes: [expect.stringContaining('mcp-servers/a.json, skills/deploy@mine')] },
  })
  expect(await readFile(join(scene.root, 'came'), 'utf8')).toBe(
    '-mcp-servers/a.json|{}|xskills/deploy@mine/scripts/run.sh|#!/bin/sh|',
  )
})
