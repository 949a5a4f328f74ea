import { expect, test } from 'vitest'
import { startScriptedApi } from '../support/claude/scripted-api.ts'
import { bash, type Script, say, sequence } from '../support/claude/scripted-turn.ts'
import { startOrchestra } from '../support/faults/orchestra.ts'
import { gitIn, statusOf, subjectsOf } from '../support/git/repositories.ts'

const adds = (name: string): Script =>
  sequence(
    () => bash(`echo ${name} > ${name}.part && git add . && git commit -qm 'Add ${name}'`),
    () => say('Done'),
  )

/** Either may be there, and not both: lines of theirs never collide. */
const check = 'ls *.part; ! { test -e renames.part && test -e uses.part; }'

/** Seven machines or eight, of which some wait for others. */
const limitMs = 45 * 60_000

test(
  'a plan of five lands in a train; of two works that are green alone and red together one stays off the branch',
  async () => {
    const names = ['base', 'renames', 'uses', 'documents', 'last']
    await using api = await startScriptedApi({ scripts: Object.fromEntries(names.map((name) => [name, adds(name)])) })
    const orchestra = await startOrchestra({
      apiUrl: api.url,
      repositories: { project: { 'README.md': 'A project\n' } },
    })
    const repo = orchestra.pathOf('project')
    const allowed = await orchestra.command('allow', repo, '--check', check, '--landing', 'train')
    expect(allowed.stdout).toBe('Registered: project\n')
    const after: Readonly<Record<string, string>> = {
      renames: 'base',
      uses: 'base',
      documents: 'base',
      last: 'documents',
    }
    const { tasks } = await orchestra.client.call('run_plan', {
      tasks: names.map((name) => {
        const before = after[name]
        return { name, repo: 'project', description: `Add it. [script: ${name}]`, ...(before && { after: [before] }) }
      }),
    })
    const views = await Promise.all(names.map((name) => orchestra.until(tasks[name] as string, 'finished')))
    expect(views.map(({ status }) => status)).toEqual(names.map(() => 'completed'))
    const [base, renames, uses, documents, last] = views.map(({ merge_result }) => merge_result)
    for (const one of [base, documents, last]) expect(one).toMatchObject({ merged: true })
    expect([renames, uses].filter((one) => one?.merged)).toHaveLength(1)
    expect([renames, uses].find((one) => !one?.merged)).toMatchObject({
      ...{ reason: 'check_failed', detail: expect.stringContaining('on the work as it would be on main') },
      check: { exit_code: 1, output: expect.stringContaining('renames.part\nuses.part') },
    })
    // Each commit of the branch, and not its tip alone.
    for (const commit of (await gitIn(repo, ['rev-list', 'main'])).split('\n')) {
      const files = (await gitIn(repo, ['ls-tree', '--name-only', commit])).split('\n')
      expect(files.includes('renames.part') && files.includes('uses.part')).toBe(false)
    }
    expect(await subjectsOf(repo, 'main')).toHaveLength(5)
    expect(await statusOf(repo)).toBe('')
    expect((await orchestra.client.call('list_slots', {})).active).toEqual([])
  },
  limitMs,
)
