import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { hasTaskFolder, linkFiles, makeTaskFolder, unlinkFiles } from '../../../main/tasks/record/work-tree-folder.ts'
import { taskId } from '../../support/tasks.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const ids = Array.from({ length: 10 }, (_, at) => taskId(`0000000${at}`))

test('tasks that begin at the same moment in one repository each have their folder, and one that is cleaned up twice at once is gone', async () => {
  for (let times = 0; times < 20; times += 1) {
    const repo = await temporaryFolder()
    await Promise.all(ids.map((id) => makeTaskFolder(repo, id)))
    for (const id of ids) expect(await hasTaskFolder(repo, id)).toBe(true)
    const [id = taskId('00000000')] = ids
    await linkFiles(repo, id, ['/home/a', '/home/b'])
    await Promise.all([1, 2, 3].map(() => unlinkFiles(repo, id, ['/home/a', '/home/b'])))
    expect(await readdir(join(repo, '.microvm', 'tasks'))).toEqual(ids.slice(1))
  }
})
