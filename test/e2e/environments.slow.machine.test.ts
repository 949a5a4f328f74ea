import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { setUpText } from '../../main/core/environment/set-up-text.ts'
import { homeParts } from '../../main/core/home-parts.ts'
import { environmentFolder } from '../../main/environment/kept-environment.ts'
import { decideEnvironment } from '../../main/tasks/environments/choose-environment.ts'
import { taskFiles } from '../../main/tasks/record/task-files.ts'
import { startScriptedApi } from '../support/claude/scripted-api.ts'
import { bash, type History, say, sequence, use } from '../support/claude/scripted-turn.ts'
import { startOrchestra } from '../support/faults/orchestra.ts'
import { gitIn, offlineFlake, subjectsOf, writeFiles } from '../support/git/repositories.ts'
import { lockedTo, nixOfTest, writeSmallNixpkgs } from '../support/nix/small-nixpkgs.ts'
import { taskId } from '../support/tasks.ts'
import { temporaryFolder } from '../support/temporary.ts'

/** What a user's Claude Code may have: parts that come along, and what never does. */
const atHome = {
  'CLAUDE.md': 'Always answer in rhyme.\n',
  'skills/measure/SKILL.md': '---\nname: measure\ndescription: Measures a thing\n---\nRun tape.sh.\n',
  'agents/taster.md': '---\nname: taster\ndescription: Tastes soup\n---\nTaste.\n',
  'agents/hooked.md': '---\nname: hooked\ndescription: Runs a program\nhooks:\n  Stop: []\n---\nRun.\n',
  'commands/morning.md': '---\ndescription: Says good morning\n---\nSay good morning.\n',
  'output-styles/terse.md': '---\nname: Terse\ndescription: Few words\n---\nFew words.\n',
  'settings.json': '{"hooks":{"SessionStart":[{"hooks":[{"type":"command","command":"touch /tmp/hook-of-home"}]}]}}',
  '.credentials.json': '{"of":"the user"}',
}
const parts: readonly string[] = homeParts

const useTools = 'just build; hugo; for name in just hugo; do command -v $name; done | cut -d/ -f1-3'
const useHome = [
  'cd ~/.claude; ls -d CLAUDE.md */*/*.md agents/* commands/* output-styles/* settings.json .credentials.json 2>/dev/null',
  'for each in CLAUDE.md skills/measure/SKILL.md agents/taster.md commands/morning.md output-styles/terse.md; do (echo mine >>$each) 2>/dev/null && echo "$each was written"; done',
  'touch agents/mine.md 2>/dev/null && echo "agents was written"',
  'ls /tmp/hook-of-home 2>/dev/null; echo looked',
].join('; ')
const apart = (command: string) => bash(`(${command})`) // Claude Code tells when a command leaves its folder.

test('a task and its check have the tools that the repository asks for and what the user’s Claude Code has, with no network', async () => {
  const said: string[] = []
  let texts: readonly string[] = []
  const hear = ({ results }: History) => void said.push(results.at(-1)?.text ?? '')
  const script = sequence(
    (history) => {
      texts = history.texts
      return bash(useTools)
    },
    (history) => {
      hear(history)
      return apart(useHome)
    },
    (history) => {
      hear(history)
      return bash('echo work >work.txt && git add -A && git commit -qm Work')
    },
    () => say('Done.'),
  )
  await using api = await startScriptedApi({ scripts: { tooled: script } })
  const claude = join(await temporaryFolder(), 'claude')
  await writeFiles(claude, atHome)
  const orchestra = await startOrchestra({
    apiUrl: api.url,
    flake: null,
    repositories: { far: { justfile: '' }, app: { justfile: 'build:\n  echo build\n', Brewfile: 'brew "hugo"\n' } },
    settings: { asAtHome: [...homeParts] },
    env: { CLAUDE_CONFIG_DIR: claude },
  })
  const check = 'test "$(just check)" = "just of the small nixpkgs: check"'
  const allowed = await orchestra.command('allow', orchestra.pathOf('app'), '--check', check)
  expect(allowed.stderr + allowed.stdout).toContain('just, hugo (environments/app/flake.nix)')

  // The lock file alone says where nixpkgs is; the flake is the one that was made.
  const environment = environmentFolder(orchestra.home, 'app')
  const made = await readFile(join(environment, 'flake.nix'), 'utf8')
  await writeSmallNixpkgs(join(environment, 'nixpkgs'), { just: null, hugo: null })
  const lock = await lockedTo(await nixOfTest(), join(environment, 'nixpkgs'), '/run/microvm/environment/nixpkgs')
  await writeFile(join(environment, 'flake.lock'), lock)

  const id = await orchestra.runTask('app', 'Work. [script: tooled]')
  const view = await orchestra.until(id, 'finished')
  expect(view).toMatchObject({
    ...{ error: null, environment: 'tools', merge_result: { merged: true, commits: 1 } },
    notes: [
      expect.stringMatching(/^Came along from your Claude Code: CLAUDE\.md, .*; stayed at home: agents\/hooked\.md$/),
    ],
  })
  expect(said).toEqual([
    'just of the small nixpkgs: build\nhugo of the small nixpkgs: \n/nix/store\n/nix/store',
    [...Object.keys(atHome).filter((name) => parts.includes(name.split('/')[0] ?? '') && !name.includes('hooked'))]
      .toSorted()
      .concat('looked')
      .join('\n'),
  ])
  expect(await readFile(join(environment, 'flake.nix'), 'utf8')).toBe(made)

  // Of the pinned nixpkgs itself nothing is there.
  const far = await orchestra.until(await orchestra.runTask('far', 'Work.'), 'finished')
  expect(far).toMatchObject({ status: 'failed', environment: 'tools', merge_result: null })
  expect(far.error).toMatch(/^nix develop failed [\s\S]*unable to download[\s\S]*allow \S+\/far --egress open/)

  expect(texts.join('\n')).toMatch(/user's private global instructions[\s\S]*Always answer in rhyme\./)
  const stream = await readFile(taskFiles(orchestra.home, taskId(id)).stream, 'utf8')
  const lines = stream
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
  expect(lines.find(({ subtype }) => subtype === 'init')).toMatchObject({
    skills: expect.arrayContaining(['measure']),
    agents: expect.arrayContaining(['taster']),
    slash_commands: expect.arrayContaining(['morning']),
  })
})

test('Claude sets a repository up: it writes a flake, proves it in the machine, and its work waits for a person, after whom tasks work in it', async () => {
  const said: string[] = []
  let told = ''
  const prove = 'git clone -q . /tmp/clean && cd /tmp/clean && nix develop --command bash -c "echo \\$PROJECT_SHELL"'
  const setUp = sequence(
    ({ texts }: History) => {
      told = texts.join('\n')
      return use('Write', { file_path: '/workspace/repo/flake.nix', content: offlineFlake })
    },
    () => apart(`git add -A && git commit -qm "Describe the tools" && ${prove}`),
    ({ results }) => {
      said.push(results.at(-1)?.text ?? '')
      return say('I ran a shell of it from a clean clone: it was entered.')
    },
  )
  await using api = await startScriptedApi({ scripts: { default: setUp } })
  const orchestra = await startOrchestra({
    apiUrl: api.url,
    flake: null,
    repositories: { bare: { 'README.md': 'x\n' } },
  })
  await expect(orchestra.runTask('bare', 'Too early.')).rejects.toThrow(/No flake\.nix found/)

  const { stdout, stderr } = await orchestra.command('setup', 'bare')
  expect(stderr).toBe('')
  const id = stdout.trim()
  const view = await orchestra.until(id, 'finished')
  expect(view).toMatchObject({
    ...{ error: null, environment: 'plain', merge_result: { merged: false, reason: 'awaiting_review' } },
    result: { summary: expect.stringContaining('it was entered') },
  })
  expect(told).toContain(setUpText.trim())
  expect(said).toEqual([expect.stringMatching(/entered$/)])
  expect(await subjectsOf(orchestra.pathOf('bare'))).toEqual(['Start'])

  const accepted = await orchestra.command('review', id, '--accept')
  expect(accepted.exitCode, accepted.stderr).toBe(0)
  expect(await gitIn(orchestra.pathOf('bare'), ['show', 'main:flake.nix'])).toBe(offlineFlake.trim())
  const asked = { alias: 'bare', path: orchestra.pathOf('bare') }
  expect(await decideEnvironment(asked)).toMatchObject({ environment: { kind: 'flake' } })
})
